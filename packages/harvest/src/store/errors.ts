import { FormatError, UsageError, shown } from "@hookdict/tensordict";

/** A store that lets two writers create one file. */
export function storeNotExclusive(store: string): UsageError {
  return new UsageError({
    code: "HARVEST_STORE_NOT_EXCLUSIVE",
    what: `${store}: created one file twice, and told both writers that they were the first.`,
    hint: "A harvest needs a store that creates a file once: a folder with hard links, or S3 with If-None-Match.",
    fields: { store },
  });
}

/** Something that is no place of a store. */
export function storeLocation(location: unknown, hint: string): UsageError {
  return new UsageError({
    code: "HARVEST_LOCATION",
    what: `${shown(location)} is no place of a harvest.`,
    hint,
    fields: { location },
  });
}

/** What only Node can do, asked for elsewhere. */
export function needsNode(what: string): UsageError {
  return new UsageError({
    code: "HARVEST_NEEDS_NODE",
    what: `${what} needs Node.`,
    hint: "In a page, read harvests with HarvestReader.open(url).",
    fields: { what },
  });
}

/** A place that can only be read. */
export function storeReadOnly(store: string): UsageError {
  return new UsageError({
    code: "HARVEST_READ_ONLY",
    what: `${store}: can be read, and neither written nor listed.`,
    hint: "Give the folder or the s3:// address that it is served from.",
    fields: { store },
  });
}

/** A bucket that did not do what it was asked. */
export function s3Failed(request: string, status: number, reason: string): FormatError {
  return new FormatError({
    code: "S3_FAILED",
    what: `${request}: the store answered with status ${status}${reason === "" ? "" : ` (${reason})`}.`,
    hint: "Check the bucket, the endpoint (S3_ENDPOINT or AWS_ENDPOINT_URL) and what the credentials may do.",
    fields: { request, status, reason },
  });
}

/** A bucket that cannot be reached. */
export function s3Unreachable(request: string, cause: unknown): FormatError {
  return new FormatError({
    code: "S3_UNREACHABLE",
    what: `${request}: there is no answer.`,
    hint: "Check the network and the endpoint (S3_ENDPOINT or AWS_ENDPOINT_URL).",
    fields: { request },
    cause,
  });
}

/** No credentials for a bucket. */
export function s3Credentials(store: string): UsageError {
  return new UsageError({
    code: "S3_CREDENTIALS",
    what: `${store}: there are no credentials.`,
    hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give s3Store a function `credentials`.",
    fields: { store },
  });
}

/** A store that refuses to create a file and has none. */
export function storeForgot(store: string, file: string): FormatError {
  return new FormatError({
    code: "HARVEST_STORE_FORGOT",
    what: `${store}: refused to create ${file} as being there, and it is not.`,
    hint: "Run again; if it stays so, the store does not do what a harvest needs.",
    fields: { store, file },
  });
}
