"""The look of a report, one style sheet for light and dark, phone and desk. Nothing else."""

STYLE = """
:root{--ground:#f5f4f0;--panel:#fff;--ink:#1b2326;--quiet:#5d686d;--line:#e0ded6;--line-strong:#c6c4ba;
--accent:#0f766e;--accent-ink:#fff;--accent-soft:#e3f1ee;--unsure:#96610a;--unsure-soft:#faf0dc;--bad:#a93226;
color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--ground:#131618;--panel:#1b1f22;--ink:#e8ecec;--quiet:#9aa6aa;
--line:#2c3235;--line-strong:#454d51;--accent:#4fbfae;--accent-ink:#08201d;--accent-soft:#16322f;--unsure:#e0b061;
--unsure-soft:#332a18;--bad:#f08c7e}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Ubuntu,Cantarell,"Noto Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:clamp(20px,5vw,56px) clamp(14px,3vw,32px) 64px;display:grid;gap:20px;
grid-template-columns:minmax(0,1fr)}
h1,h2,p{margin:0}
h1{font-size:clamp(1.6rem,1.2rem + 1.8vw,2.3rem);line-height:1.15;letter-spacing:-.02em;font-weight:650;
text-wrap:balance;overflow-wrap:anywhere}
header{margin-bottom:8px}
.kicker{color:var(--accent);font-weight:600;font-size:.85rem;margin-bottom:6px}
.lead{color:var(--quiet);max-width:46rem;margin-top:10px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));background:var(--panel);
border:1px solid var(--line);border-radius:16px;overflow:hidden}
.tile{padding:16px 18px;box-shadow:1px 1px 0 0 var(--line)}
.tile h2{font-size:.85rem;font-weight:500;color:var(--quiet)}
.tile b{display:block;font-size:1.7rem;line-height:1.25;font-weight:620;letter-spacing:-.02em;
font-variant-numeric:tabular-nums}
.tile p{font-size:.8rem;line-height:1.35;color:var(--quiet);margin-top:2px}
.card{background:var(--panel);border:1px solid var(--line);border-radius:16px;padding:20px clamp(16px,2.4vw,26px) 22px}
.card h2{font-size:1.1rem;font-weight:620;letter-spacing:-.01em}
.card .text{color:var(--quiet);font-size:.92rem;max-width:44rem;margin-top:4px}
.card>h2+:not(.text),.card .text+*{margin-top:14px}
.advice{background:var(--unsure-soft);border-color:transparent}
.advice li::marker{color:var(--unsure)}
ul{margin:0;padding-left:1.2em}
li+li{margin-top:6px}
.pair{display:flex;flex-wrap:wrap;gap:20px}
.pair>.card{flex:1 1 min(100%,400px);min-width:0}
.pair>.whole{flex-basis:100%}
.figure{overflow-x:auto}
.figure svg{display:block;width:100%;max-width:460px;height:auto;margin:0 auto}
.whole .figure svg{max-width:720px}
svg *{stroke-linejoin:round;stroke-linecap:butt}
.curves{display:grid;gap:16px;grid-template-columns:repeat(auto-fill,minmax(min(45%,200px),1fr))}
.curves h3{margin:0;font-size:.92rem;font-weight:600;overflow-wrap:anywhere}
.curves h3 small{font-weight:400;font-size:.8rem;color:var(--quiet)}
.between{display:block;color:var(--quiet);font-size:.78rem}
.scroll{overflow-x:auto;margin-inline:-6px}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
th{font-weight:500;color:var(--quiet);font-size:.82rem;text-align:left;white-space:nowrap}
th,td{padding:7px 14px 7px 6px;border-bottom:1px solid var(--line);vertical-align:middle}
tbody tr:last-child td{border-bottom:0}
td{white-space:nowrap}
.bar{display:inline-block;width:clamp(48px,14vw,150px);height:7px;border-radius:4px;background:var(--line);
margin-right:10px;vertical-align:middle;overflow:hidden}
.bar i{display:block;height:100%;border-radius:4px;background:var(--accent)}
.chosen{color:var(--accent);background:var(--accent-soft);font-size:.78rem;font-weight:600;border-radius:99px;
padding:1px 9px;margin-left:6px}
.mistakes{list-style:none;padding:0;display:grid;gap:20px 16px;
grid-template-columns:repeat(auto-fill,minmax(min(46%,170px),1fr))}
.mistakes li{margin:0;font-size:.88rem;line-height:1.35;min-width:0;overflow-wrap:anywhere}
.frame{aspect-ratio:1;background:var(--ground);border-radius:10px;display:flex;align-items:center;
justify-content:center;overflow:hidden;margin-bottom:8px}
.shot{position:relative;display:block;max-width:100%;max-height:100%}
.shot img{display:block;width:100%;height:100%}
.shot i{position:absolute;border:2px solid #fff;outline:1px solid rgb(0 0 0/55%);border-radius:3px}
.was{color:var(--quiet)}
.quiet,.file{color:var(--quiet);font-size:.8rem}
.file{opacity:.85;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden}
details .curves{display:grid;gap:16px;grid-template-columns:repeat(auto-fill,minmax(min(45%,200px),1fr))}
.curves h3{margin:0;font-size:.92rem;font-weight:600;overflow-wrap:anywhere}
.curves h3 small{font-weight:400;font-size:.8rem;color:var(--quiet)}
.between{display:block;color:var(--quiet);font-size:.78rem}
.scroll{margin-top:10px}
details summary{cursor:pointer;color:var(--accent);font-weight:500}
.files{margin-top:10px;font-size:.82rem;color:var(--quiet);overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) minmax(0,1fr);gap:8px 22px;margin:0;font-size:.92rem}
dt{color:var(--quiet)}
dd{margin:0;overflow-wrap:anywhere}
code{font:.88em ui-monospace,"DejaVu Sans Mono",monospace}
@media (max-width:560px){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:10px}
th,td{padding-right:10px}.tiles{grid-template-columns:1fr 1fr}.tile{padding:13px 14px}.tile b{font-size:1.4rem}
.tile:last-child:nth-child(odd){grid-column:1/-1}.wide .bar{display:none}}
@media print{body{background:#fff}.card,.tiles{break-inside:avoid}}
"""
