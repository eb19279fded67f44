const WIDE =
  /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}|[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/gu;
const NARROW = /[\p{M}\p{Cf}\ufe0f]/gu;

/**
 * What a page's script has in place of `string-width`, whose tables are a tenth of it: characters of East Asian scripts and
 * emoji fill two cells, marks on others none. Only terminals need to know better.
 */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  const bare = text.replaceAll(NARROW, "");
  return [...bare].length + (bare.match(WIDE)?.length ?? 0);
}
