-- Operations that clients name by the hash of their text.

-- CreateTable
CREATE TABLE "operations" (
    "hash" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "names" TEXT[],
    "registered_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "operations_pkey" PRIMARY KEY ("hash")
);
