import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { openPlan, s3Store, verifyHarvest } from "@hookdict/harvest";
import { harvestStoreConformance } from "@hookdict/harvest/testing";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { executions, fixture, planWithoutBackend } from "../support/harvests.ts";
import { build, runCommand } from "../support/processes.ts";
import { MISSING, startS3 } from "../support/servers.ts";

const test = suite("harvest on S3");

test.before(build);

const keys = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "sesame-open" };

/** A bucket of the service at an address. */
async function bucketAt(endpoint: string): Promise<void> {
  const { status } = await fetch(`${endpoint}/bucket`, {
    method: "PUT",
    headers: { authorization: "AWS x:y" },
  });
  assert.is(status, 200);
}

const withServer = (name: string, body: (endpoint: string) => Promise<void>): void => {
  if (MISSING.s3 !== undefined) return test.skip(`${name} (${MISSING.s3})`);
  test(name, async () => {
    await using server = await startS3();
    await bucketAt(server.address);
    await body(server.address);
  });
};

const credentials = () => ({
  accessKeyId: keys.AWS_ACCESS_KEY_ID,
  secretAccessKey: keys.AWS_SECRET_ACCESS_KEY,
});

withServer("a bucket does what a store must: of 8 writers one is first", async (endpoint) => {
  await harvestStoreConformance(s3Store("s3://bucket/some where/acts", { endpoint, credentials }));
});

withServer("a harvest lies in a bucket as on disk, and says nothing of credentials", async (endpoint) => {
  await using made = await planWithoutBackend({ rows: 40 });
  const env = { ...keys, S3_ENDPOINT: endpoint };
  const recipe = fixture("faulty.mjs");
  const sizes = ["--item-rows", "4", "--batch-rows", "2"];
  const planned = await runCommand(
    ["plan", recipe, "--data", made.tokens, "--out", "s3://bucket/acts", ...sizes],
    env,
  );
  assert.is(planned.code, 0, planned.output);
  const run = await runCommand(["run", "s3://bucket/acts", "--recipe", recipe, "--processes", "2"], env);
  assert.is(run.code, 0, run.output);
  assert.match(run.output, /10 of 10 items committed/);
  const store = s3Store("s3://bucket/acts", { endpoint, credentials });
  const plan = await openPlan(store);
  assert.equal(await verifyHarvest(plan), []);
  const source = await plan.store.find("commits/000003.json");
  const bytes = new Uint8Array(source?.size ?? 0);
  await source?.readInto(bytes, 0);
  const text = new TextDecoder().decode(bytes) + JSON.stringify(plan.file) + run.output;
  assert.not.ok(text.includes(keys.AWS_SECRET_ACCESS_KEY) || text.includes(keys.AWS_ACCESS_KEY_ID));
});

/** A service that answers as it is told. */
async function answering(listener: RequestListener, use: (endpoint: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Passes requests on to a service; the first answer to each creation of a record is lost on its way. */
function losing(service: string, statuses: number[]): RequestListener {
  const lost = new Set<string>();
  const pass = async ({ method = "GET", url = "/", headers, socket }: IncomingMessage, body: Buffer) => {
    const kept = ["authorization", "if-none-match", "range", "x-amz-date", "x-amz-content-sha256"];
    const passed = kept.flatMap((name): [string, string][] => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    });
    const init = { method, headers: passed, ...(body.length > 0 && { body: new Uint8Array(body) }) };
    const answer = await fetch(`${service}${url}`, init);
    const bytes = Buffer.from(await answer.arrayBuffer());
    const isRecord = method === "PUT" && url.includes("/commits/");
    if (isRecord) statuses.push(answer.status);
    if (isRecord && !lost.has(url)) {
      lost.add(url);
      socket.destroy();
      return undefined;
    }
    const told = ["content-type", "content-range", "content-length", "last-modified"].flatMap(
      (name): [string, string][] => {
        const value = answer.headers.get(name);
        return value === null ? [] : [[name, value]];
      },
    );
    return { status: answer.status, headers: Object.fromEntries(told), bytes };
  };
  return (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    const answer = async (): Promise<void> => {
      const passed = await pass(request, Buffer.concat(parts));
      if (passed !== undefined) response.writeHead(passed.status, passed.headers).end(passed.bytes);
    };
    request.on("end", () => void answer());
  };
}

withServer(
  "a record whose answer was lost is told from another's, and nothing is computed twice",
  async (service) => {
    await using made = await planWithoutBackend({ rows: 40 });
    const statuses: number[] = [];
    await answering(losing(service, statuses), async (endpoint) => {
      const log = join(made.path, "executions");
      const env = { ...keys, S3_ENDPOINT: endpoint, HARVEST_EXECUTIONS: log };
      const recipe = fixture("faulty.mjs");
      const sizes = ["--item-rows", "4", "--batch-rows", "2"];
      const to = ["--data", made.tokens, "--out", "s3://bucket/lost"];
      const planned = await runCommand(["plan", recipe, ...to, ...sizes], env);
      assert.is(planned.code, 0, planned.output);
      const before = executions(log); // planning tries one batch
      const run = await runCommand(["run", "s3://bucket/lost", "--recipe", recipe, "--processes", "2"], env);
      assert.is(run.code, 0, run.output);
      assert.match(run.output, /10 of 10 items committed, 0 pending, 0 dead/);
      assert.equal(
        statuses.toSorted((a, b) => a - b),
        [...Array<number>(10).fill(200), ...Array<number>(10).fill(412)],
      );
      const counted = [...executions(log)].map(([row, times]) => times - (before.get(row) ?? 0));
      assert.equal(counted, Array(20).fill(1));
      const plan = await openPlan(s3Store("s3://bucket/lost", { endpoint, credentials }));
      assert.equal(await verifyHarvest(plan), []);
    });
  },
);

test("a service that ignores If-None-Match is found out", async () => {
  const ignoring: RequestListener = (request, response) => {
    request.resume().on("end", () => response.writeHead(request.method === "HEAD" ? 404 : 200).end());
  };
  await answering(ignoring, async (endpoint) => {
    const store = s3Store("s3://bucket/acts", { endpoint, credentials });
    const probe = await Promise.all([
      store.createNew("a", new Uint8Array(1)),
      store.createNew("a", new Uint8Array(1)),
    ]);
    assert.equal(probe, [true, true]);
    const error = await rejected(harvestStoreConformance(store));
    assert.is((error as { code?: string }).code, "HARVEST_CONFORMANCE");
  });
});

test("a request that is refused tells the service's word, and one that a busy service refuses is tried again", async () => {
  let busy = 2;
  const refusing: RequestListener = (request, response) => {
    const isBusy = request.url?.includes("busy") === true && busy-- > 0;
    request.resume().on("end", () => {
      if (request.url?.includes("busy") === true) response.writeHead(isBusy ? 503 : 200).end();
      else response.writeHead(403).end("<Error><Code>AccessDenied</Code></Error>");
    });
  };
  await answering(refusing, async (endpoint) => {
    const store = s3Store("s3://bucket/acts", { endpoint, credentials });
    assert.is(await store.createNew("busy", new Uint8Array(1)), true);
    const error = await rejected(store.write("file", [new Uint8Array(1)]));
    assert.is((error as { code?: string }).code, "S3_FAILED");
    assert.is(
      error.message,
      "PUT s3://bucket/acts/file: the store answered with status 403 (AccessDenied). Check the bucket, the endpoint (S3_ENDPOINT or AWS_ENDPOINT_URL) and what the credentials may do.",
    );
  });
});

test.run();
