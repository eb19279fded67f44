import { bullmqQueue } from "@hookdict/harvest/bullmq";

/** What a queue adds to an item, in milliseconds, from its being enqueued to its being done; `undefined`: no such server here. */
export interface QueueFigures {
  readonly redisMs: number | undefined;
  readonly postgresMs: number | undefined;
}

/** The servers of the tests: they are installed, or what is missing is told. */
interface Servers {
  readonly MISSING: Readonly<Record<"redis" | "postgres", string | undefined>>;
  readonly startRedis: () => Promise<Server>;
  readonly startPostgres: () => Promise<Server>;
}

interface Server extends AsyncDisposable {
  readonly address: string;
}

const ITEMS = 500;

/** Items that take no time, one at a time, through each queue whose server is installed. */
export async function queueFigures(): Promise<QueueFigures> {
  const file = new URL("../../../tests/harvest/support/servers.ts", import.meta.url).href;
  const servers = (await import(file)) as Servers; // typed there
  const { redis, postgres } = servers.MISSING;
  return {
    redisMs: redis === undefined ? await itemMs(servers.startRedis) : undefined,
    postgresMs: postgres === undefined ? await itemMs(servers.startPostgres) : undefined,
  };
}

async function itemMs(begin: () => Promise<Server>): Promise<number> {
  await using server = await begin();
  await using engine = bullmqQueue({ connection: server.address });
  await using queue = await engine.open("b".repeat(64));
  const start = performance.now();
  await queue.enqueue(Array.from({ length: ITEMS }, (_, item) => item));
  let done = 0;
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  await using _worker = queue.work(
    async () => {
      done++;
      if (done === ITEMS) finish();
    },
    { concurrency: 1, lease: 30_000 },
  );
  await finished;
  return (performance.now() - start) / ITEMS;
}
