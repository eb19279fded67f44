import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pause, until } from "./processes.ts";

/** A server of its own port and folder, which ends with its block. */
export interface Server extends AsyncDisposable {
  readonly address: string;
  /** Ends it at once and starts it again, with what it had on disk. */
  kill(): Promise<void>;
}

/** What a kind of server needs that is not installed; `undefined` where all is there. */
export type Missing = string | undefined;

/** A program on the path, or in one of some folders. */
function find(name: string, folders: readonly string[] = []): string | undefined {
  const all = [...(process.env["PATH"] ?? "").split(delimiter), ...folders];
  return all.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

const debianPostgres = "/usr/lib/postgresql";
const postgresFolders = existsSync(debianPostgres)
  ? readdirSync(debianPostgres).map((version) => join(debianPostgres, version, "bin"))
  : [];

const programs = {
  redis: find("redis-server") ?? find("valkey-server"),
  initdb: find("initdb", postgresFolders),
  postgres: find("postgres", postgresFolders),
  moto: find("moto_server"),
} as const;

/** Says what is missing for each kind. */
export const MISSING: Readonly<Record<"redis" | "postgres" | "s3", Missing>> = {
  redis: programs.redis === undefined ? "no redis-server: apt-get install redis-server" : undefined,
  postgres:
    programs.initdb === undefined || programs.postgres === undefined
      ? "no PostgreSQL: apt-get install postgresql"
      : undefined,
  s3: programs.moto === undefined ? 'no moto_server: pip install "moto[s3,server]"' : undefined,
};

/** Redis, which has on disk whatever it has acknowledged. */
export async function startRedis(): Promise<Server> {
  const [folder, port] = [mkdtempSync(join(tmpdir(), "hookdict-redis-")), await freePort()];
  const durable = [
    "--save",
    "",
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--maxmemory-policy",
    "noeviction",
  ];
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, ...durable];
  return running(`redis://127.0.0.1:${port}`, port, folder, () =>
    spawn(programs.redis ?? "", args, { stdio: "ignore" }),
  );
}

/** PostgreSQL, which refuses to run as root. */
export async function startPostgres(): Promise<Server> {
  const [folder, port] = [mkdtempSync(join(tmpdir(), "hookdict-postgres-")), await freePort()];
  const data = join(folder, "data");
  const user = process.getuid?.() === 0 ? idsOf("postgres") : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid ?? user.uid);
  const init = spawnSync(programs.initdb ?? "", ["-D", data, "-A", "trust", "-U", "harvest", "--no-sync"], {
    ...user,
    cwd: folder,
    encoding: "utf8",
  });
  if (init.status !== 0) throw new Error(init.stderr);
  const args = [
    "-D",
    data,
    "-p",
    String(port),
    "-c",
    "listen_addresses=127.0.0.1",
    "-c",
    "unix_socket_directories=",
  ];
  return running(`postgres://harvest@127.0.0.1:${port}/postgres`, port, folder, () => {
    rmSync(join(data, "postmaster.pid"), { force: true }); // what was killed leaves it
    return spawn(programs.postgres ?? "", args, { ...user, cwd: folder, stdio: "ignore" });
  });
}

/** S3, in memory. */
export async function startS3(): Promise<Server> {
  const [folder, port] = [mkdtempSync(join(tmpdir(), "hookdict-s3-")), await freePort()];
  const args = ["-H", "127.0.0.1", "-p", String(port)];
  return running(`http://127.0.0.1:${port}`, port, folder, () =>
    spawn(programs.moto ?? "", args, { stdio: "ignore" }),
  );
}

async function running(
  address: string,
  port: number,
  folder: string,
  begin: () => ChildProcess,
): Promise<Server> {
  let child = begin();
  const up = async (): Promise<void> => {
    await until(async () => {
      if (child.exitCode === null && child.signalCode === null) return answers(port);
      await pause(300); // processes of one that was killed may still hold what it had
      child = begin();
      return false;
    }, `${address} answers`);
  };
  const down = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await ended;
  };
  await up();
  return {
    address,
    async kill() {
      await down();
      child = begin();
      await up();
    },
    async [Symbol.asyncDispose]() {
      await down();
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function idsOf(name: string): { readonly uid?: number; readonly gid?: number } {
  const id = (flag: string): number => Number(spawnSync("id", [flag, name], { encoding: "utf8" }).stdout);
  return { uid: id("-u"), gid: id("-g") };
}
