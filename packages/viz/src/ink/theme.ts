import { mix } from "./colour.ts";

export type ThemeName = "light" | "dark";

/** Steps of a ramp: an odd number, so that there is one for the centre; the 256th colour of a picture is NaN's. */
export const STEPS = 255;

/** Colours of a theme. */
export interface Theme {
  readonly name: ThemeName;
  readonly paper: string;
  readonly ink: string;
  /** Labels and legends: 4.5 to 1 on paper. */
  readonly soft: string;
  readonly line: string;
  /** Outline of what is selected. */
  readonly mark: string;
  /** NaN and what is left out. */
  readonly missing: string;
  readonly diverging: readonly string[];
  readonly sequential: readonly string[];
  /** Bars: one colour a sign. */
  readonly negative: string;
  readonly positive: string;
  /** Eight hues that tell categories apart. */
  readonly hues: readonly string[];
}

const LIGHT: Theme = {
  name: "light",
  paper: "#ffffff",
  ink: "#16191d",
  soft: "#545b64",
  line: "#d5d9de",
  mark: "#111111",
  missing: "#d9cbe6",
  diverging: mix(["#8a3b00", "#d96a00", "#f2b27a", "#fafafa", "#86b6e6", "#2b6cc4", "#0b3a82"], STEPS),
  sequential: mix(["#fafafa", "#c7dcf5", "#86b6e6", "#4a8ad8", "#2b6cc4", "#0b3a82"], STEPS),
  negative: "#d96a00",
  positive: "#2b6cc4",
  hues: ["#2b6cc4", "#d96a00", "#1d8a5f", "#b0307a", "#7a5cc8", "#8a6d00", "#0088a3", "#b3423a"],
};

const DARK: Theme = {
  name: "dark",
  paper: "#111316",
  ink: "#f0f2f4",
  soft: "#a9b1ba",
  line: "#363b42",
  mark: "#ffffff",
  missing: "#4b3d5c",
  diverging: mix(["#ffb46b", "#e07b1f", "#8a4a14", "#17191d", "#1f4f8f", "#3b8cf0", "#93c5ff"], STEPS),
  sequential: mix(["#17191d", "#173a66", "#1f5ea8", "#3b8cf0", "#93c5ff", "#eaf4ff"], STEPS),
  negative: "#e07b1f",
  positive: "#3b8cf0",
  hues: ["#5a9ff5", "#f09a4a", "#4cc495", "#ea77b6", "#ad94f2", "#d3b546", "#46c3dc", "#f0857d"],
};

/** The colours of a theme. */
export function themeOf(name: ThemeName): Theme {
  return name === "dark" ? DARK : LIGHT;
}
