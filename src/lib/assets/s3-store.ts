import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type MultipartUpload,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createMeasure } from './measure.ts';
import { explainS3 } from './s3-errors.ts';
import { ABANDONED_MS, type AssetStore } from './store.ts';

/** Where the files are: `s3://bucket/prefix`, at Amazon or at `endpoint`. */
export type S3Place = { bucket: string; prefix: string; endpoint: string | undefined; region: string | undefined };

/** A store that is well accepts connections in milliseconds. In ms. */
const CONNECT_TIMEOUT_MS = 5_000;
/** From the first byte of a request, a part of a file included, to the first of its answer. In ms. */
const ANSWER_TIMEOUT_MS = 60_000;
/** Longer than a reader holds a file up who still means to read it. In ms. */
const SILENCE_TIMEOUT_MS = 60_000;
/** Each file that is being read holds a socket, for as long as its reader takes. */
const MAX_SOCKETS = 500;
/** The smallest that S3 takes, and what an upload holds in memory; 10,000 of them are 50 GB. In bytes. */
const PART_BYTES = 5_242_880;
/** What servers other than Amazon's ask for is a region of any name. */
const ANY_REGION = 'us-east-1';

/**
 * A store in a bucket of S3, or of what speaks its protocol; the credentials are those that the SDK finds. Where the
 * store, and not the file, is in the way, every method throws an AssetStoreError.
 */
export function createS3Store({ bucket, prefix, endpoint, region }: S3Place): AssetStore {
  const sockets = { maxSockets: MAX_SOCKETS };
  const client = new S3Client({
    // Others' servers are found by their own name and not by one a bucket, and not all of them know Amazon's checksums.
    ...(endpoint === undefined
      ? {}
      : {
          endpoint,
          region: region ?? ANY_REGION,
          forcePathStyle: true,
          requestChecksumCalculation: 'WHEN_REQUIRED',
          responseChecksumValidation: 'WHEN_REQUIRED',
        }),
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: ANSWER_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      socketTimeout: SILENCE_TIMEOUT_MS,
      httpAgent: sockets,
      httpsAgent: sockets,
    },
  });
  const named = (key: string) => ({ Bucket: bucket, Key: `${prefix}${key}` });
  const explained = <T>(answer: Promise<T>) =>
    answer.catch((error) => {
      throw explainS3(error, bucket);
    });

  return {
    async put(content) {
      const key = randomUUID();
      const measure = createMeasure();
      let fault: { error: unknown } | undefined;
      const watched = async function* () {
        try {
          yield* measure.watch(content);
        } catch (error) {
          // An upload that fails throws into its source as well.
          if (!body.destroyed) fault = { error };
          throw error;
        }
      };
      const body = Readable.from(watched());
      try {
        // One part at a time: with several, those that are left would go on when one has failed.
        const params = { ...named(key), Body: body };
        await new Upload({ client, params, partSize: PART_BYTES, queueSize: 1 }).done();
      } catch (error) {
        if (fault) throw fault.error;
        throw explainS3(error, bucket);
      } finally {
        body.destroy();
      }
      return { key, ...measure.result() };
    },
    async open(key, range) {
      const Range = range && `bytes=${range.first}-${range.last}`;
      const { Body } = await explained(client.send(new GetObjectCommand({ ...named(key), Range })));
      if (!(Body instanceof Readable)) throw new Error(`${key} came without its bytes`);
      return Body;
    },
    async remove(key) {
      await explained(client.send(new DeleteObjectCommand(named(key))));
    },
    removeAbandoned: () => explained(removeAbandoned(client, bucket, prefix)),
    async ping() {
      // HEAD costs a tenth, but does not say why it is refused.
      const list = () => client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 }));
      await explained(client.send(new HeadBucketCommand({ Bucket: bucket })).catch(list));
    },
    close: () => client.destroy(),
  };
}

async function removeAbandoned(client: S3Client, bucket: string, prefix: string): Promise<number> {
  let removed = 0;
  for await (const { Key, UploadId, Initiated } of openUploads(client, bucket, prefix)) {
    // S3 does not tell when it grew last, but nobody takes a day for a file.
    if (Initiated === undefined || Date.now() - Initiated.getTime() < ABANDONED_MS) continue;
    const abort = client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    // Another process may have been quicker.
    await abort.catch(unless('NoSuchUpload'));
    removed += 1;
  }
  return removed;
}

/** The uploads that have not ended, under way or left behind. */
async function* openUploads(client: S3Client, bucket: string, prefix: string): AsyncGenerator<MultipartUpload> {
  let more: Pick<ListMultipartUploadsCommandOutput, 'NextKeyMarker' | 'NextUploadIdMarker'> = {};
  do {
    const listed: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({
        Bucket: bucket,
        Prefix: prefix,
        KeyMarker: more.NextKeyMarker,
        UploadIdMarker: more.NextUploadIdMarker,
      }),
    );
    yield* listed.Uploads ?? [];
    more = listed.IsTruncated ? listed : {};
  } while (more.NextKeyMarker !== undefined);
}

/** Passes over one kind of error. */
function unless(name: string): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Error && error.name === name)) throw error;
  };
}
