/// The first schema: journals and entries, records, what waits for a receipt, and the centre's identity
/// tables.
let migration0001 = """
    CREATE TABLE setting (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- A site and the sum of its records' digests. `accepted` counts the entries taken.
    CREATE TABLE site (
        id INTEGER PRIMARY KEY,
        code TEXT NOT NULL UNIQUE,
        accepted INTEGER NOT NULL DEFAULT 0,
        digest BLOB NOT NULL
    ) STRICT;

    -- `n`, `hash` and `verdict_hash`: the head of what is confirmed here. `centre_n`: how much of it the
    -- centre holds (less only after it was restored). `own`: this replica writes it;
    -- `open`: and goes on writing it.
    CREATE TABLE journal (
        id INTEGER PRIMARY KEY,
        name BLOB NOT NULL UNIQUE,
        site INTEGER NOT NULL REFERENCES site (id),
        header BLOB NOT NULL,
        segment BLOB,
        device BLOB NOT NULL,
        n INTEGER NOT NULL DEFAULT 0,
        hash BLOB NOT NULL,
        verdict_hash BLOB NOT NULL,
        centre_n INTEGER NOT NULL DEFAULT 0,
        own INTEGER NOT NULL DEFAULT 0,
        open INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX journal_site ON journal (site);

    -- Entries that have a verdict: written once, never changed. `record` is the look-up value of its key.
    CREATE TABLE entry (
        journal INTEGER NOT NULL REFERENCES journal (id),
        n INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        change BLOB NOT NULL,
        record BLOB,
        hash BLOB NOT NULL,
        verdict INTEGER NOT NULL,
        code TEXT,
        received_at INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (journal, n)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX entry_change ON entry (change);
    CREATE INDEX entry_record ON entry (record) WHERE record IS NOT NULL;
    CREATE INDEX entry_not_applied ON entry (verdict) WHERE verdict <> 1;

    -- Which change decided a conflict: a conflict that is no more has no other trace in the merged state.
    CREATE TABLE resolution (
        conflict BLOB NOT NULL,
        change BLOB NOT NULL,
        PRIMARY KEY (conflict, change)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE receipt (
        journal INTEGER NOT NULL REFERENCES journal (id),
        n INTEGER NOT NULL,
        epoch BLOB NOT NULL,
        hash BLOB NOT NULL,
        verdict_hash BLOB NOT NULL,
        signature BLOB NOT NULL,
        PRIMARY KEY (journal, n)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE head (
        journal INTEGER NOT NULL REFERENCES journal (id),
        n INTEGER NOT NULL,
        signature BLOB NOT NULL,
        PRIMARY KEY (journal, n)
    ) STRICT, WITHOUT ROWID;

    -- This replica's own entries that have no receipt yet.
    CREATE TABLE pending (
        journal INTEGER NOT NULL REFERENCES journal (id),
        n INTEGER NOT NULL,
        change BLOB NOT NULL,
        record BLOB NOT NULL,
        participant BLOB,
        number BLOB,
        hash BLOB NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (journal, n)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pending_record ON pending (record);
    CREATE INDEX pending_number ON pending (number) WHERE number IS NOT NULL;
    CREATE INDEX pending_change ON pending (change);

    -- Runs of other people's entries that came without a receipt of the current epoch, with what proves them.
    -- Not `proven`: a first sync brought them and was begun anew before their history came; never sent.
    CREATE TABLE borrowed_run (
        id INTEGER PRIMARY KEY,
        site INTEGER NOT NULL REFERENCES site (id),
        journal BLOB NOT NULL,
        first_n INTEGER NOT NULL,
        proof BLOB NOT NULL,
        proven INTEGER NOT NULL DEFAULT 1,
        UNIQUE (journal, first_n)
    ) STRICT;
    CREATE TABLE borrowed (
        run INTEGER NOT NULL REFERENCES borrowed_run (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        change BLOB NOT NULL,
        record BLOB,
        participant BLOB,
        number BLOB,
        applied INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (run, place)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX borrowed_record ON borrowed (record);
    CREATE INDEX borrowed_change ON borrowed (change);

    -- One merged state a record. `participant` and `number` are look-up values.
    CREATE TABLE record (
        id INTEGER PRIMARY KEY,
        site INTEGER NOT NULL REFERENCES site (id),
        kind INTEGER NOT NULL,
        key BLOB NOT NULL UNIQUE,
        participant BLOB,
        number BLOB,
        conflicts INTEGER NOT NULL,
        digest BLOB NOT NULL,
        state BLOB NOT NULL
    ) STRICT;
    CREATE INDEX record_participant ON record (participant) WHERE participant IS NOT NULL;
    CREATE INDEX record_number ON record (number) WHERE number IS NOT NULL;
    CREATE INDEX record_kind ON record (site, kind, id);
    CREATE INDEX record_conflicts ON record (site) WHERE conflicts > 0;
    """

/// The centre's own: what must be remembered of people, devices and links, and is never sent to a laptop.
let migration0001Identity = """
    -- A person's signing key, wrapped with the password, and with a key of the centre's outside of this file.
    CREATE TABLE person_key (
        name TEXT PRIMARY KEY,
        slot BLOB NOT NULL,
        recovery BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE site_key (
        site TEXT PRIMARY KEY,
        key BLOB NOT NULL,
        numbers_leased INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;

    -- Only the hash of a link's token is kept.
    CREATE TABLE invite (
        token_hash BLOB PRIMARY KEY,
        site TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        used_at INTEGER,
        revoked_at INTEGER
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE device (
        id BLOB PRIMARY KEY,
        site TEXT NOT NULL,
        certificate BLOB NOT NULL,
        enrolled_at INTEGER NOT NULL,
        last_seen INTEGER,
        clock_offset_ms INTEGER,
        -- When its clock was last seen to have run backwards.
        clock_back_at INTEGER,
        digests_equal INTEGER,
        pending INTEGER NOT NULL DEFAULT 0,
        copied INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE lease (
        site TEXT NOT NULL,
        device BLOB NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (site, first)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE challenge (
        nonce BLOB PRIMARY KEY,
        device BLOB NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Only the hash of a session's token is kept.
    CREATE TABLE session (
        token_hash BLOB PRIMARY KEY,
        device BLOB NOT NULL,
        site TEXT NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

/// The laptop's key slots: one a person; and tries at passwords, there and at the centre. `person` is a
/// salted hash of the user name, so that no name stands in the file.
let migration0001Slots = """
    -- `generation`: how often the person's password had been set when the slot was made.
    CREATE TABLE slot (
        person BLOB PRIMARY KEY,
        slot BLOB NOT NULL,
        generation INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Wrong passwords in a row, and refusals ever.
    CREATE TABLE login_attempt (
        person BLOB PRIMARY KEY,
        failed INTEGER NOT NULL,
        failed_at INTEGER NOT NULL,
        refused INTEGER NOT NULL,
        refused_at INTEGER
    ) STRICT, WITHOUT ROWID;
    """
