/// What the store itself refuses, whoever asks: the audit trail is added to and never changed.
///
/// A laptop takes entries away in one case: a restored centre holds something else at their places, and they
/// move to `borrowed` with the receipts that prove them (docs/decisions/0004). So what refuses a deletion
/// asks whether this is a centre's store. `INSERT OR REPLACE` fires no trigger of a deletion, hence those of
/// an insertion.
let migration0001Triggers = """
    CREATE TRIGGER entry_is_never_updated BEFORE UPDATE ON entry
        BEGIN SELECT raise(ABORT, 'entries are never updated'); END;
    CREATE TRIGGER entry_is_never_replaced BEFORE INSERT ON entry
        WHEN EXISTS (SELECT 1 FROM entry WHERE journal = NEW.journal AND n = NEW.n)
        BEGIN SELECT raise(ABORT, 'entries are never replaced'); END;
    CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry
        WHEN (SELECT value FROM setting WHERE name = 'kind') = CAST('centre' AS BLOB)
        BEGIN SELECT raise(ABORT, 'entries are never deleted'); END;

    -- What names a journal and says whose it is.
    CREATE TRIGGER journal_is_never_renamed
        BEFORE UPDATE OF id, name, site, header, segment, device, own ON journal
        BEGIN SELECT raise(ABORT, 'journals keep their headers'); END;
    CREATE TRIGGER journal_is_never_replaced BEFORE INSERT ON journal
        WHEN EXISTS (SELECT 1 FROM journal WHERE name = NEW.name)
        BEGIN SELECT raise(ABORT, 'journals are never replaced'); END;
    CREATE TRIGGER journal_is_never_deleted BEFORE DELETE ON journal
        BEGIN SELECT raise(ABORT, 'journals are never deleted'); END;
    CREATE TRIGGER journal_never_shrinks BEFORE UPDATE OF n ON journal
        WHEN NEW.n < OLD.n AND (SELECT value FROM setting WHERE name = 'kind') = CAST('centre' AS BLOB)
        BEGIN SELECT raise(ABORT, 'journals never shrink'); END;

    -- A receipt gives way only to one of a later epoch for the same entries and verdicts.
    CREATE TRIGGER receipt_is_never_updated BEFORE UPDATE ON receipt
        BEGIN SELECT raise(ABORT, 'receipts are never updated'); END;
    CREATE TRIGGER receipt_is_never_contradicted BEFORE INSERT ON receipt
        WHEN EXISTS (SELECT 1 FROM receipt WHERE journal = NEW.journal AND n = NEW.n
            AND (hash <> NEW.hash OR verdict_hash <> NEW.verdict_hash))
        BEGIN SELECT raise(ABORT, 'receipts are never contradicted'); END;
    CREATE TRIGGER receipt_is_never_deleted BEFORE DELETE ON receipt
        WHEN (SELECT value FROM setting WHERE name = 'kind') = CAST('centre' AS BLOB)
        BEGIN SELECT raise(ABORT, 'receipts are never deleted'); END;

    CREATE TRIGGER head_is_never_updated BEFORE UPDATE ON head
        BEGIN SELECT raise(ABORT, 'signed heads are never updated'); END;
    CREATE TRIGGER head_is_never_deleted BEFORE DELETE ON head
        BEGIN SELECT raise(ABORT, 'signed heads are never deleted'); END;

    CREATE TRIGGER resolution_is_never_updated BEFORE UPDATE ON resolution
        BEGIN SELECT raise(ABORT, 'resolutions are never updated'); END;
    CREATE TRIGGER resolution_is_never_deleted BEFORE DELETE ON resolution
        BEGIN SELECT raise(ABORT, 'resolutions are never deleted'); END;

    CREATE TRIGGER acceptance_never_goes_back BEFORE UPDATE OF accepted ON site
        WHEN NEW.accepted < OLD.accepted
        BEGIN SELECT raise(ABORT, 'the order of acceptance never goes back'); END;
    CREATE TRIGGER site_is_never_deleted BEFORE DELETE ON site
        BEGIN SELECT raise(ABORT, 'sites are never deleted'); END;
    """
