import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  harvest,
  memoryStore,
  openStore,
  retryDead,
  s3Store,
  sealHarvest,
  verifyHarvest,
} from "@hookdict/harvest";
import { harvestStoreConformance } from "@hookdict/harvest/testing";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { temporaryFolder } from "../support/folder.ts";
import { planned } from "../support/harvests.ts";
import { here, told, changed, withStore } from "../support/errors.ts";

const test = suite("errors of stores and runs");

test("stores that do not do what a harvest needs are told", async () => {
  await using made = await planned();
  const both = withStore(made.plan, { createNew: async () => true });
  assert.equal(await told(harvest(both, here), made.plan.store.name), [
    "HARVEST_STORE_NOT_EXCLUSIVE",
    "FOLDER: created one file twice, and told both writers that they were the first. A harvest needs a store that creates a file once: a folder with hard links, or S3 with If-None-Match.",
  ]);
  const { store } = made.plan;
  const createNew = (file: string, bytes: Uint8Array): Promise<boolean> =>
    file.startsWith("commits/") ? Promise.resolve(false) : store.createNew(file, bytes);
  await harvest(withStore(made.plan, { createNew }), { ...here, attempts: 1 });
  const note = await readFile(join(store.name, "dead/000000.json"), "utf8");
  assert.is(
    (JSON.parse(note) as { reason: string }).reason.replaceAll(store.name, "FOLDER"),
    "FOLDER: refused to create commits/000000.json as being there, and it is not. Run again; if it stays so, the store does not do what a harvest needs.",
    "HARVEST_STORE_FORGOT",
  );
  assert.equal(
    await told(harvestStoreConformance(changed(memoryStore("m"), { createNew: async () => true }))),
    [
      "HARVEST_CONFORMANCE",
      "createNew tells several writers, or none, that they were first. The interface's comments say what a harvest needs of it.",
    ],
  );
  await harvestStoreConformance(memoryStore("m"));
  await harvestStoreConformance(openStore(join(made.path, "store")));
  await retryDead(made.plan);
  assert.equal(await told(harvest(withStore(made.plan, { location: undefined })), store.name), [
    "HARVEST_STORE_NOT_SHARED",
    "FOLDER: is in this process alone, and children are to compute. Give processes: 0, or a store that has a location.",
  ]);
});

test("places that are none, that are only read, or that cannot be written are told", async () => {
  assert.is(
    thrown(() => openStore("ftp://host/acts")).message,
    '"ftp://host/acts" is no place of a harvest. Give a folder, an address that begins with "s3://" or "https://", or a store of your own.',
  );
  assert.is(
    thrown(() => s3Store("s3://Bucket/acts")).message,
    '"s3://Bucket/acts" is no place of a harvest. Give an address such as "s3://bucket/prefix".',
  );
  assert.is((thrown(() => openStore(3 as never)) as { code?: string }).code, "HARVEST_LOCATION");
  assert.equal(await told(openStore("https://localhost/acts").remove("a")), [
    "HARVEST_READ_ONLY",
    "https://localhost/acts: can be read, and neither written nor listed. Give the folder or the s3:// address that it is served from.",
  ]);
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "file"), "");
  const [code, message] = await told(
    openStore(join(folder.path, "file")).createNew("a", new Uint8Array()),
    folder.path,
  );
  assert.is(code, "HARVEST_UNWRITABLE");
  assert.match(
    message,
    /^FOLDER\/file\/a: cannot be written \(E(EXIST|NOTDIR).*\)\. Check that you may write there\.$/,
  );
  const credentials = { ...process.env };
  delete process.env["AWS_ACCESS_KEY_ID"];
  assert.equal(await told(s3Store("s3://bucket/acts", { endpoint: "http://127.0.0.1:1" }).names("")), [
    "S3_CREDENTIALS",
    "s3://bucket: there are no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give s3Store a function `credentials`.",
  ]);
  Object.assign(process.env, credentials);
  const given = {
    endpoint: "http://127.0.0.1:1",
    credentials: () => ({ accessKeyId: "a", secretAccessKey: "b" }),
  };
  assert.equal(await told(s3Store("s3://bucket/acts", given).describe("a")), [
    "S3_UNREACHABLE",
    "HEAD s3://bucket/acts/a: there is no answer. Check the network and the endpoint (S3_ENDPOINT or AWS_ENDPOINT_URL).",
  ]);
});

test("a worker on another backend is refused where one backend is asked for", async () => {
  await using made = await planned();
  await writeFile(join(made.plan.store.name, "backend.json"), '{"backend":"abacus"}');
  const [code, message] = await told(harvest(made.plan, { ...here, oneBackend: true }));
  assert.is(code, "HARVEST_BACKEND_DIFFERS");
  assert.match(
    message,
    /^This process computes on "\w+", and the harvest began on "abacus"\. Backends round differently\. Load the same one, or leave oneBackend \(--one-backend\) off\.$/,
  );
});

test("where items are committed, their backend is the one", async () => {
  await using made = await planned();
  await harvest(made.plan, { ...here, part: { index: 0, count: 2 } });
  const file = join(made.plan.store.name, "commits/000000.json");
  const record = JSON.parse(await readFile(file, "utf8")) as { by: object };
  await writeFile(file, JSON.stringify({ ...record, by: { ...record.by, backend: "abacus" } }));
  const [code, message] = await told(harvest(made.plan, { ...here, oneBackend: true }));
  assert.is(code, "HARVEST_BACKEND_DIFFERS");
  assert.match(message, /^This process computes on "\w+", and the harvest began on "abacus"\. /);
});

test("a harvest that is stopped says so, and one that is not complete is not sealed", async () => {
  await using made = await planned();
  const signal = AbortSignal.abort();
  assert.equal(await told(harvest(made.plan, { ...here, signal })), [
    "HARVEST_STOPPED",
    "The harvest was stopped. What is committed stays: run again to go on.",
  ]);
  assert.equal(await told(sealHarvest(made.plan), made.plan.store.name), [
    "HARVEST_INCOMPLETE",
    "FOLDER: 3 of 3 items are neither committed nor given up. Run it to its end first.",
  ]);
  await harvest(made.plan, here);
  await sealHarvest(made.plan);
  await rm(join(made.plan.store.name, "commits/000002.json"));
  const [fault] = await verifyHarvest(made.plan);
  assert.is(
    fault?.problem.replaceAll(made.plan.store.name, "FOLDER"),
    "FOLDER/manifest.json: does not list what is committed now. Seal the harvest again.",
    "HARVEST_MANIFEST_OLD",
  );
});

test.run();
