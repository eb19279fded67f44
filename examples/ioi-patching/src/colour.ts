/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];

const WARM: Colour = [178, 24, 43];
const COOL: Colour = [33, 102, 172];
const NEUTRAL: Colour = [247, 247, 247];

/** Diverging scale (ColorBrewer's RdBu): −1 is red, 0 nearly white, 1 blue; what lies outside is cut. */
export function diverging(value: number): Colour {
  const share = Math.min(1, Math.abs(value));
  const end = value < 0 ? WARM : COOL;
  const mix = (i: 0 | 1 | 2): number => Math.round(NEUTRAL[i] + (end[i] - NEUTRAL[i]) * share);
  return [mix(0), mix(1), mix(2)];
}

/** Whether dark text reads better than light text on the colour (relative luminance, WCAG 2). */
export function isLight([red, green, blue]: Colour): boolean {
  const linear = (channel: number): number => {
    const share = channel / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) > 0.3;
}
