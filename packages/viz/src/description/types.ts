/** Numbers of a block, row by row. */
export type Numbers = Float32Array | readonly number[];

/** What a block's rows or columns stand for. */
export interface Axis {
  readonly name: string;
  readonly title: string;
  /** Tokens are shown with their spaces and control characters made visible. */
  readonly kind: "token" | "plain";
  readonly labels: readonly string[];
  /** Coordinates, by which the views of a page follow each other: position 3 is position 3 wherever it is drawn. */
  readonly at: readonly number[];
  /** The axis whose coordinates these are: `dest` and `src` are of `pos`. */
  readonly of?: string;
}

/** How differences between small numbers are shown: as they are, by their square roots, or each row by itself. */
export type Stretch = 1 | 0.5 | "row";

/** Which numbers have which colours or lengths. */
export interface Scale {
  readonly type: "diverging" | "sequential";
  readonly low: number;
  /** The number of a diverging scale that is as good as nothing; 0 unless given. */
  readonly centre?: number;
  readonly high: number;
  readonly stretch: Stretch;
  readonly title: string;
  readonly unit?: string;
}

/** Where the numbers come from. */
export interface Source {
  readonly model?: string;
  readonly prompt?: string;
  /** Version of hookdict that made the picture. */
  readonly hookdict: string;
  readonly date?: string;
  readonly seed?: number;
  /** How many examples were averaged. */
  readonly n?: number;
  /** Share of an interval, such as 0.95, where blocks have `low` and `high`. */
  readonly interval?: number;
}

/** Anything that a renderer draws; its kind is named by `block`. */
export interface AnyBlock {
  readonly block: string;
  /** Unique in its description. */
  readonly id: string;
  /** Whether it stands beside the block before it where there is room. */
  readonly beside?: boolean;
}

/**
 * A picture as frozen data: what is to be seen, not how a medium shows it. Written as JSON by `toJSON`.
 */
export interface Description {
  readonly hookdict: "view/1";
  /** Name of the view that made it. */
  readonly view: string;
  readonly title: string;
  readonly caption?: string;
  readonly source: Source;
  readonly axes: Readonly<Record<string, Axis>>;
  readonly scales: Readonly<Record<string, Scale>>;
  readonly blocks: readonly AnyBlock[];
}

/** What a reader of a picture has chosen. Plain data: it is what links carry. */
export interface State {
  /** Selected coordinate by name of axis. */
  readonly at: Readonly<Record<string, number>>;
  readonly pinned: readonly string[];
  readonly hidden: readonly string[];
  /** Channel shown, by id of block. */
  readonly channel: Readonly<Record<string, number>>;
  /** Stretch by name of scale. */
  readonly stretch: Readonly<Record<string, Stretch>>;
  /** Whatever else a block lets one choose, by `id.name`. */
  readonly choice: Readonly<Record<string, string | number>>;
}

/** Nothing chosen. */
export const NO_STATE: State = Object.freeze({
  at: {},
  pinned: [],
  hidden: [],
  channel: {},
  stretch: {},
  choice: {},
});
