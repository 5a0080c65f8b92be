-- A session whose maker names no language takes that of the job that opens it.

-- AlterTable
ALTER TABLE "session" ALTER COLUMN "language" DROP NOT NULL;
