import { assert, suite } from "../../gate/suite.ts";
import { planWithoutBackend } from "../support/harvests.ts";
import { build } from "../support/processes.ts";
import { KILLED_HARVESTS, KILLED_ROWS, KILLS, surviveKills, uninterrupted } from "../support/kills.ts";

const test = suite("harvest killed");

test.before(build);

for (let harvest = 0; harvest < KILLED_HARVESTS; harvest++) {
  test(`${KILLS} kills of child, supervisor or both lose nothing and change no shard (${harvest})`, async () => {
    await using made = await planWithoutBackend({ rows: KILLED_ROWS });
    const want = await uninterrupted(made);
    assert.equal(await surviveKills(made, { command: ["run"] }, harvest + 1), want);
  });
}

test.run();
