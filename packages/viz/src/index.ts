import "@hookdict/tensordict"; // defines Symbol.dispose first

export { BLOCKS } from "./blocks/blocks.ts";
export type { BlockKind, Control, Grid, Rows, TextOptions } from "./blocks/block.ts";
export type { Bands, Outlier } from "./blocks/bands.ts";
export type { Bars } from "./blocks/bars.ts";
export type { Facets, Measure } from "./blocks/facets-parts.ts";
export type { Graph, GraphLink, GraphNode } from "./blocks/graph-layout.ts";
export type { Histogram } from "./blocks/histogram.ts";
export type { Lines, Series } from "./blocks/lines.ts";
export type { Matrix } from "./blocks/matrix-cells.ts";
export type { Points } from "./blocks/points.ts";
export type { Raster } from "./blocks/raster.ts";
export type { Column, Table } from "./blocks/table.ts";
export type { Channel, Tokens } from "./blocks/tokens.ts";
export type { Tree, TreeItem } from "./blocks/tree.ts";
export { colourOf, globToRegExp, group, line, make, rect, select, shown, text, themeOf } from "./authors.ts";
export { plainAxis, tokenAxis } from "./description/axes.ts";
export type { AxisParts } from "./description/axes.ts";
export { describe, diverging, sequential } from "./description/describe.ts";
export type { DescriptionParts } from "./description/describe.ts";
export { NO_STATE } from "./description/types.ts";
export type {
  AnyBlock,
  Axis,
  Description,
  Numbers,
  Scale,
  Source,
  State,
  Stretch,
} from "./description/types.ts";
export { ViewError } from "./errors.ts";
export type { Theme, ThemeName } from "./ink/theme.ts";
export type { Box, Drawing, Frame, TextStyle } from "./layout/frame.ts";
export type { Drawn, DrawnNode } from "./layout/tree.ts";
export { page } from "./page/html.ts";
export type { PageOptions, Pictured } from "./page/html.ts";
export { Picture } from "./picture.ts";
export { checkDescription } from "./render/check.ts";
export type { BlocksOption } from "./render/check.ts";
export { toCSV } from "./render/csv.ts";
export { fromJSON, toJSON } from "./render/json.ts";
export type { JsonOptions } from "./render/written.ts";
export { toSVG } from "./render/svg.ts";
export type { SvgOptions } from "./render/svg-tree.ts";
export { toText } from "./render/text.ts";
export type { ToTextOptions } from "./render/text.ts";
export { attention } from "./views/attention.ts";
export type { AttentionData, AttentionOptions } from "./views/attention.ts";
export type { PruneOptions } from "./views/circuit-tracer.ts";
export { components } from "./views/components.ts";
export type { ComponentsData } from "./views/components.ts";
export { distribution } from "./views/distribution.ts";
export type { DistributionData, DistributionOptions } from "./views/distribution.ts";
export { embedding } from "./views/embedding.ts";
export type { EmbeddingData, EmbeddingOptions } from "./views/embedding.ts";
export { feature } from "./views/feature.ts";
export type { FeatureData } from "./views/feature.ts";
export { graph } from "./views/graph.ts";
export type { GraphData } from "./views/graph.ts";
export { imageScores } from "./views/image-scores.ts";
export type { ImageScoresData, ImageScoresOptions } from "./views/image-scores.ts";
export { lens } from "./views/lens.ts";
export type { LensData, LensOptions } from "./views/lens.ts";
export { patching } from "./views/patching.ts";
export type { PatchingData } from "./views/patching.ts";
export { stream } from "./views/stream.ts";
export type { StreamData, StreamPatch, StreamStep } from "./views/stream.ts";
export { tokenScores } from "./views/token-scores.ts";
export type { TokenScoresData, TokenScoresOptions } from "./views/token-scores.ts";
export { tree } from "./views/tree.ts";
export type { TreeData, TreeOptions } from "./views/tree.ts";
export type { Captures, Titles, View } from "./views/view.ts";
export { VIEWS, viewsFor } from "./views/views.ts";
export type { ViewOffer } from "./views/views.ts";
export { csvParts, jsonParts } from "./windows/files.ts";
export { overview } from "./windows/overview.ts";
export type { Overview, OverviewOptions } from "./windows/overview.ts";
export { windowOf } from "./windows/window.ts";
export type { MatrixWindow, WindowRequest } from "./windows/window.ts";
