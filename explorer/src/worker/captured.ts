import type { TensorDict } from "@hookdict/tensordict";
import { type Description, tokenScores } from "@hookdict/viz";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Lab } from "./lab.ts";

/** Sites that are drawn of a spec's captures. */
const MOST = 24;

/** What specs captured, by token: each site that has one value, or one vector, a position. */
export async function capturedOf(
  { model, name }: Lab,
  caches: readonly TensorDict[],
  text: string,
): Promise<Description | undefined> {
  const tokens = model.tokenLabels(text);
  const found = caches.flatMap((cache) =>
    cache.keys({ nested: true }).flatMap((key) => {
      const [direction, path] = key;
      return direction === "fwd" && path !== undefined
        ? [{ cache, path, shape: cache.get<Tensor>(["fwd", path]).shape }]
        : [];
    }),
  );
  if (found.length === 0) return undefined;
  const fits = found.filter(
    ({ shape }) => (shape.length === 2 || shape.length === 3) && shape[1] === tokens.length,
  );
  const others = found
    .filter((each) => !fits.includes(each))
    .map(({ path, shape }) => `${path} [${shape.join(", ")}]`);
  const channels = [];
  for (const { cache, path } of fits.slice(0, MOST))
    channels.push(...(await tokenScores.read(cache, { path, tokens })).channels);
  const notes = [
    fits.length > MOST ? `The first ${MOST} of ${fits.length} sites.` : "",
    others.length === 0
      ? ""
      : `Not drawn, as they have no number or vector a token: ${others.slice(0, MOST).join(", ")}.`,
  ].filter((note) => note !== "");
  return tokenScores({
    title: "Captured by specs",
    tokens,
    channels,
    source: { model: name, prompt: text },
    ...(notes.length > 0 && { caption: notes.join(" ") }),
  });
}
