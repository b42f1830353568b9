import Hummingbird
import HummingbirdTLS
import HummingbirdHTTP2
import X509
