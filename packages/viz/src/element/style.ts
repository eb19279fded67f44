/** The sheet inside of `<hookdict-view>`. */
export const STYLE: string = `:host{display:block;color:var(--ink);background:var(--paper);font:13px/1.45 system-ui,sans-serif;--ink:#16191d;--paper:#fff;--soft:#545b64;--line:#d5d9de;--mark:#111}
:host([theme=dark]){--ink:#f0f2f4;--paper:#111316;--soft:#a9b1ba;--line:#363b42;--mark:#fff}
:host(:fullscreen){overflow:auto;padding:16px}
figure{margin:0}
h2,p{overflow-wrap:anywhere}
h2{font-size:17px;line-height:1.3;margin:0}
p{margin:2px 0;color:var(--soft)}
.head{display:flex;flex-wrap:wrap;gap:4px 16px;align-items:baseline;justify-content:space-between}
.tools,.controls{display:flex;flex-wrap:wrap;gap:6px;align-items:center}
.controls{margin:6px 0}
label{display:inline-flex;gap:6px;align-items:center;color:var(--soft)}
button,select,input{font:inherit;color:var(--ink);background:var(--paper);min-height:26px;min-width:26px;padding:1px 8px;box-sizing:border-box}
button{cursor:pointer}
button,select,input,.tablebox,.fault{border:1px solid var(--line);border-radius:5px}
input[type=range]{padding:0;width:120px}
select{max-width:min(240px,80vw)}
input[type=text]{width:160px}
button:focus-visible,select:focus-visible,input:focus-visible,.grid:focus-visible{outline:2px solid var(--mark);outline-offset:1px}
.row{display:flex;gap:24px}
.row>section{flex:1 1 0;min-width:0}
section{margin:10px 0}
.canvas{overflow:auto}
.scrolled{max-height:90vh}
.sheet{position:relative;overflow:clip}
.fixed{position:sticky;width:0;height:0;z-index:1;pointer-events:none}
.fixed svg{overflow:visible}
.above{top:0}
.left{left:0}
.sheet canvas{position:absolute}
svg{display:block;position:relative}
.grid{position:absolute;inset:0;touch-action:pan-x pan-y}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.told{min-height:1.5em;color:var(--ink)}
.prompt{max-height:4.5em;overflow:hidden;font:12px/1.5 ui-monospace,monospace}
.prompt mark{background:none;color:var(--ink);font-weight:700;outline:2px solid var(--mark)}
.tablebox{max-height:340px;overflow:auto}
table{border-collapse:collapse;font:12px/1.5 ui-monospace,monospace}
th,td{text-align:left;padding:1px 10px;border-bottom:1px solid var(--line);white-space:nowrap}
.fault{color:var(--ink);padding:10px;white-space:pre-wrap}
.forced{display:none}
:host([hidden]){display:none}
@media (forced-colors:active){.sheet{forced-color-adjust:none;background:var(--paper)}.below{stroke:var(--ink);stroke-dasharray:3}.forced{display:block}}`;
