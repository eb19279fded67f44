/** The explorer's sheet. */
export const STYLE = `:root{color-scheme:light dark;font:14px/1.45 system-ui,sans-serif;--ink:#16191d;--paper:#fff;--soft:#545b64;--line:#d5d9de;--mark:#1d5fb4;--chip:#eceff2}
@media (prefers-color-scheme:dark){:root{--ink:#f0f2f4;--paper:#111316;--soft:#a9b1ba;--line:#363b42;--mark:#7db5ff;--chip:#2a2f35}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink)}
header{display:flex;flex-wrap:wrap;gap:4px 16px;align-items:baseline;padding:10px 16px;border-bottom:1px solid var(--line)}
h1{font-size:18px;margin:0}h2{font-size:14px;margin:14px 0 6px}
.state{color:var(--soft)}
.columns{display:grid;grid-template-columns:270px minmax(0,1fr) 300px;gap:0 18px;padding:8px 16px 40px}
@media (max-width:1000px){.columns{grid-template-columns:240px minmax(0,1fr)}.right{grid-column:1/-1}}
@media (max-width:700px){.columns{grid-template-columns:minmax(0,1fr)}}
button,input,select,textarea{font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--line);border-radius:5px;padding:3px 8px;min-height:28px;max-width:100%}
textarea,input[type=text],input[type=url]{width:100%}
button{cursor:pointer}
summary{line-height:24px}
input[type=checkbox]{width:24px;height:24px;min-height:24px;flex:none}
button:focus-visible,input:focus-visible,textarea:focus-visible,select:focus-visible{outline:2px solid var(--mark)}
button[aria-selected=true]{border-color:var(--mark);box-shadow:inset 0 -2px var(--mark)}
[role=tablist]{display:flex;flex-wrap:wrap;gap:4px;margin:6px 0 12px}
label{display:block;margin:6px 0;color:var(--soft)}
dl{display:grid;grid-template-columns:auto 1fr;gap:1px 10px;margin:4px 0;overflow-wrap:anywhere}dt{color:var(--soft)}dd{margin:0}
.metric{display:grid;grid-template-columns:auto auto;gap:2px 12px;justify-content:start;font-variant-numeric:tabular-nums}
.metric b{font-size:16px}
ol,ul{padding-left:20px;margin:4px 0}li{margin:4px 0;overflow-wrap:anywhere}
.fault{white-space:pre-line;max-height:12em;overflow:auto;border:1px solid #b3423a;border-radius:5px;padding:6px 10px;margin:8px 0;overflow-wrap:anywhere}
#panel>.row{margin-bottom:10px}
.row{display:flex;flex-wrap:wrap;gap:6px;align-items:center}
pre{overflow:auto;border:1px solid var(--line);border-radius:5px;padding:8px;font-size:12px;max-height:320px}
.chips{display:flex;flex-wrap:wrap;gap:3px;font:12px/1.5 ui-monospace,monospace}
.chips *{color:var(--ink)}.chips>*{background:var(--chip);border-radius:3px;padding:0 4px}.chips mark{outline:2px solid var(--mark)}
.drop{border:1px dashed var(--soft);border-radius:6px;padding:8px;color:var(--soft)}
.log{min-height:24px;font:12px/1.4 ui-monospace,monospace;max-height:120px;overflow:auto;overflow-wrap:anywhere}
progress{width:100%}`;
