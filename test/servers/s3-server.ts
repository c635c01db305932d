/** A real S3 server that listens on this machine, or the one named by the environment. */
export interface S3Server {
  /** what test titles call it, such as `radosgw-20` */
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** whether `If-None-Match: *` and a quoted `If-Match` work on PutObject */
  readonly conditionalWrites: boolean;
}

declare module "vitest" {
  interface ProvidedContext {
    /**
     * The servers of this run; no bucket exists yet. They are started for test files whose own
     * text says `inject("s3Servers")`, and are empty only when there is no server to be had.
     */
    s3Servers: readonly S3Server[];
  }
}
