-- Pictures of pages.

-- Why the current content cannot be shown: set when it was tried in vain, empty again with the next content.
ALTER TABLE documents ADD COLUMN no_preview TEXT;
CREATE INDEX documents_without_preview ON documents (n) WHERE no_preview IS NOT NULL;

-- Whether what customers look at bears their address.
ALTER TABLE firms ADD COLUMN watermark INTEGER NOT NULL DEFAULT 1;
