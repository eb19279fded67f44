/** The sheet of a page around its views. */
export const PAGE_STYLE: string = `:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{margin:0;background:#fff;color:#16191d}
main{max-width:1180px;margin:0 auto;padding:24px 16px 64px}
h1,.lead{overflow-wrap:anywhere}
h1{font-size:26px;line-height:1.2;margin:0 0 8px}
.lead{margin:0 0 20px;max-width:70ch;color:#545b64}
nav{display:flex;gap:8px;margin:0 0 20px}
nav *{font:inherit;min-height:30px;max-width:70vw}
.views{display:grid;gap:28px;grid-template-columns:minmax(0,1fr)}
.views.two{grid-template-columns:repeat(auto-fit,minmax(min(100%,540px),1fr))}
.views img{max-width:100%}
@media (prefers-color-scheme:dark){body{background:#111316;color:#f0f2f4}.lead{color:#a9b1ba}}`;
