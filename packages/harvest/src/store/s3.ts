import { AwsClient } from "aws4fetch";
import { type ByteSource, joinBytes } from "@hookdict/tensordict/io";
import { environment } from "#platform";
import { checkKind, checkKnown } from "../checks/options.ts";
import { s3Credentials, s3Failed, s3Unreachable, storeLocation } from "./errors.ts";
import type { StoreAddress } from "./address.ts";
import { checkedStore } from "./checked.ts";
import { after } from "../run/timer.ts";
import type { HarvestStore } from "./store.ts";

/** What signs requests. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Options of {@link s3Store}. */
export interface S3Options {
  /** Address of the service. Default: `S3_ENDPOINT`, `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, or Amazon's of the region. */
  readonly endpoint?: string;
  /** Default: `AWS_REGION`, `AWS_DEFAULT_REGION`, or `us-east-1`. */
  readonly region?: string;
  /** Asked before the first request. Default: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`. */
  readonly credentials?: () => Promise<S3Credentials> | S3Credentials;
}

/** A response as it is used here; the compiler's libraries have none. */
interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

interface Request {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Times that a request is tried that meets no answer, a busy server or a conflict. */
const TRIES = 5;

/**
 * A bucket as a store: `s3://bucket/prefix`, of Amazon or any service that has `If-None-Match` (with it, and only with it,
 * a file is created once). Credentials are in no plan, record or message.
 *
 * @throws UsageError `HARVEST_LOCATION`; from what it does `S3_CREDENTIALS`, FormatError `S3_FAILED`, `S3_UNREACHABLE`.
 * @example no-run
 * const store = s3Store("s3://bucket/acts", { region: "eu-central-1" });
 */
export function s3Store(where: string, options: S3Options = {}): HarvestStore {
  checkKnown("s3Store", options, ["endpoint", "region", "credentials"]);
  if (typeof where !== "string") throw storeLocation(where, S3_HINT);
  checkKind("s3Store", "endpoint", options.endpoint, "a text");
  checkKind("s3Store", "region", options.region, "a text");
  checkKind("s3Store", "credentials", options.credentials, "a function");
  const [, bucket, path = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/(.*))?$/.exec(where) ?? [];
  if (bucket === undefined) throw storeLocation(where, S3_HINT);
  const prefix = path.replace(/\/+$/, "");
  return checkedStore(storeAt(new Bucket(bucket, options), prefix === "" ? "" : `${prefix}/`));
}

const S3_HINT = 'Give an address such as "s3://bucket/prefix".';

export const s3: StoreAddress = {
  begin: "s3://",
  accepts: (address) => address.startsWith("s3://"),
  open: (address) => s3Store(address),
};

function storeAt(bucket: Bucket, prefix: string): HarvestStore {
  const name = `s3://${bucket.name}/${prefix}`.replace(/\/$/, "");
  const describe = async (file: string) => {
    const answer = await bucket.ask(prefix + file, { method: "HEAD" }, [200, 404]);
    if (answer.status === 404) return undefined;
    const modifiedMs = Date.parse(answer.headers.get("last-modified") ?? "") || 0;
    return { bytes: Number(answer.headers.get("content-length") ?? 0), modifiedMs };
  };
  return {
    name,
    location: name,
    describe,
    async find(file) {
      const found = await describe(file);
      return found && bucket.source(`${name}/${file}`, prefix + file, found.bytes);
    },
    async write(file, parts) {
      await bucket.ask(prefix + file, { method: "PUT", body: joinBytes(parts) }, [200]);
    },
    async createNew(file, body) {
      const headers = { "if-none-match": "*" };
      const answer = await bucket.ask(prefix + file, { method: "PUT", headers, body }, [200, 412]);
      return answer.status === 200;
    },
    async names(folder) {
      const { keys } = await bucket.list(folder === "" ? prefix : `${prefix}${folder}/`);
      return keys;
    },
    folders: async () => (await bucket.list(prefix)).folders,
    async remove(file) {
      await bucket.ask(prefix + file, { method: "DELETE" }, [200, 204, 404]);
    },
    at: (folder) => storeAt(bucket, `${prefix}${folder}/`),
  };
}

class Bucket {
  readonly name: string;
  readonly #options: S3Options;
  #client: Promise<AwsClient> | undefined;

  constructor(name: string, options: S3Options) {
    this.name = name;
    this.#options = options;
  }

  get #region(): string {
    return (
      this.#options.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
    );
  }

  /** Address of a key; `query` behind it. */
  #url(key: string, query = ""): string {
    const given =
      this.#options.endpoint ??
      environment["S3_ENDPOINT"] ??
      environment["AWS_ENDPOINT_URL_S3"] ??
      environment["AWS_ENDPOINT_URL"] ??
      `https://s3.${this.#region}.amazonaws.com`;
    const place = key.split("/").map(encodeURIComponent).join("/");
    return `${given.replace(/\/$/, "")}/${this.name}${place === "" ? "" : `/${place}`}${query}`;
  }

  async #open(): Promise<AwsClient> {
    const { credentials } = this.#options;
    const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
    const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
    const sessionToken = environment["AWS_SESSION_TOKEN"];
    const own =
      accessKeyId && secretAccessKey
        ? { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
        : undefined;
    const found = credentials === undefined ? own : await credentials();
    if (found === undefined) throw s3Credentials(`s3://${this.name}`);
    return new AwsClient({ ...found, service: "s3", region: this.#region, retries: 0 });
  }

  /** Asks about a key, again where that may help. @throws FormatError `S3_FAILED` for a status that is not expected. */
  async ask(key: string, request: Request, expected: readonly number[], query = ""): Promise<Answer> {
    this.#client ??= this.#open();
    const client = await this.#client;
    const what = `${request.method} s3://${this.name}/${key}`;
    for (let attempt = 1; ; attempt++) {
      const answer = await send(client, this.#url(key, query), request).catch((cause: unknown) => {
        if (attempt < TRIES) return undefined;
        throw s3Unreachable(what, cause);
      });
      if (answer !== undefined && expected.includes(answer.status)) return answer;
      // 409: another writer is at the same key just now; it is there, or not, a moment later.
      const isPassing =
        answer === undefined || answer.status === 409 || answer.status === 429 || answer.status >= 500;
      if (!isPassing || attempt >= TRIES)
        throw s3Failed(what, answer?.status ?? 0, codeIn((await answer?.text().catch(() => "")) ?? ""));
      await pause(50 * 2 ** attempt);
    }
  }

  /** A key, read by ranges. */
  source(name: string, key: string, size: number): ByteSource {
    return {
      name,
      size,
      isRemote: true,
      readInto: async (target, offset) => {
        if (target.byteLength === 0) return;
        const range = `bytes=${offset}-${offset + target.byteLength - 1}`;
        const answer = await this.ask(key, { method: "GET", headers: { range } }, [206, 200]);
        const bytes = new Uint8Array(await answer.arrayBuffer());
        const part = answer.status === 200 ? bytes.subarray(offset, offset + target.byteLength) : bytes;
        if (part.byteLength !== target.byteLength)
          throw s3Failed(`GET ${name}`, answer.status, "it gave fewer bytes");
        target.set(part);
      },
      close: async () => undefined,
    };
  }

  /** Names of the files and folders right below a prefix, sorted. */
  async list(prefix: string): Promise<{ readonly keys: string[]; readonly folders: string[] }> {
    const [keys, folders]: [string[], string[]] = [[], []];
    let token = "";
    do {
      const more = token === "" ? "" : `&continuation-token=${encodeURIComponent(token)}`;
      const query = `?list-type=2&delimiter=%2F&encoding-type=url&prefix=${encodeURIComponent(prefix)}${more}`;
      const xml = await (await this.ask("", { method: "GET" }, [200], query)).text();
      const below = (text: string): string =>
        decodeURIComponent(text.replaceAll("+", " ")).slice(prefix.length);
      for (const [, contents = ""] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        const name = below(/<Key>(.*?)<\/Key>/s.exec(contents)?.[1] ?? "");
        if (name !== "") keys.push(name);
      }
      for (const [, folder = ""] of xml.matchAll(/<CommonPrefixes>\s*<Prefix>(.*?)<\/Prefix>/gs))
        folders.push(below(folder).replace(/\/$/, ""));
      token =
        /<NextContinuationToken>(.*?)<\/NextContinuationToken>/s.exec(xml)?.[1]?.replaceAll("&amp;", "&") ??
        "";
    } while (token !== "");
    return { keys: keys.sort(), folders: folders.sort() };
  }
}

function send(client: AwsClient, url: string, { method, headers, body }: Request): Promise<Answer> {
  const init = { method, ...(headers && { headers }), ...(body && { body: body as never }) }; // bytes, as fetch takes them
  return client.fetch(url, init);
}

/** The service's own word for what is wrong. */
function codeIn(xml: string): string {
  return /<Code>([\w.-]{1,80})<\/Code>/.exec(xml)?.[1] ?? "";
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => after(ms, resolve));
}
