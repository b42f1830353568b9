#ifndef TRIALSYNC_CZSTD_SHIM_H
#define TRIALSYNC_CZSTD_SHIM_H
#include <zstd.h>
#include <zstd_errors.h>
#endif
