/// The page around the data: style, elements and script, in pieces.
enum PicturePage {
    static let script = [modelScript, drawingScript, detailScript, controlScript]
        .joined(separator: "\n")

    static let body = #"""
        <header>
          <div class="title"><b id="name"></b><span id="badge"></span><span id="law"></span></div>
          <div class="facts"><span id="facts"></span><code id="command"></code>
            <button id="copy" title="copy the command">copy</button>
            <button id="more">options</button></div>
          <div id="options" hidden></div>
          <div id="legend"></div>
        </header>
        <canvas id="map" title="the whole run: drag to choose what is shown"></canvas>
        <main>
          <div id="stage"><canvas id="lanes" tabindex="0"></canvas><div id="tip" hidden></div></div>
          <aside id="side"><h2 id="span"></h2><ol id="list"></ol></aside>
        </main>
        <footer>wheel zooms · drag moves · double-click zooms in · <kbd>0</kbd> whole run ·
          <kbd>b</kbd> the bad event · <kbd>n</kbd> <kbd>p</kbd> next and last event of note ·
          <kbd>←</kbd> <kbd>→</kbd> <kbd>+</kbd> <kbd>−</kbd> · <kbd>l</kbd> list</footer>
        """#

    static let style = #"""
        :root {
          --paper:#fbfbfa; --ink:#1c1e21; --soft:#6b7078; --faint:#d9dbdf; --lane:#f1f2f4;
          --card:#ffffff; --good:#1b8a5a; --bad:#d3273e; --warn:#b7791f; --fresh:#2fa36b;
          --net:#c2571a; --process:#b0243f; --disk:#7b5ea7; --clock:#2b7a9b; --halo:#fbfbfacc;
          --handshake:#8a8f98; --vote:#8b3fc7; --append:#1f6feb; --heartbeat:#9aa7b8;
          --appendReply:#5aa0a8; --snapshot:#d9730d; --read:#0e8f9e; --propose:#2e9e44;
          --settle:#c2478f; --other:#a07d00;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper:#14161a; --ink:#e6e8eb; --soft:#949aa5; --faint:#333842; --lane:#1b1e24;
            --card:#20242b; --good:#43c088; --bad:#ff5d70; --warn:#e0a84a; --fresh:#3fbf82;
            --net:#ef8a4c; --process:#f0607a; --disk:#a98fdb; --clock:#5db7dc; --halo:#14161acc;
            --handshake:#868d99; --vote:#c08af0; --append:#6ea8ff; --heartbeat:#5d6878;
            --appendReply:#4f8f97; --snapshot:#f2994a; --read:#4cc4d3; --propose:#63cf79;
            --settle:#ea83bd; --other:#d8b94a;
          }
        }
        * { box-sizing:border-box; }
        html,body { height:100%; margin:0; }
        body { background:var(--paper); color:var(--ink); display:flex; flex-direction:column;
          font:13px/1.4 system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif; }
        header { padding:10px 14px 6px; }
        .title { font-size:16px; display:flex; gap:10px; align-items:baseline; flex-wrap:wrap; }
        #badge { font-size:12px; font-weight:600; padding:1px 9px; border-radius:9px;
          color:var(--paper); background:var(--good); }
        #badge.bad { background:var(--bad); }
        #badge.warn { background:var(--warn); }
        #law { color:var(--ink); }
        #law.about { font-size:13px; color:var(--soft); max-width:110ch; }
        .facts { color:var(--soft); margin-top:3px; display:flex; gap:10px; align-items:center;
          flex-wrap:wrap; }
        code { font:12px ui-monospace,"SF Mono",Menlo,Consolas,monospace; background:var(--lane);
          color:var(--ink); padding:1px 6px; border-radius:4px; max-width:60vw; overflow:hidden;
          text-overflow:ellipsis; white-space:nowrap; }
        button { font:inherit; font-size:12px; color:var(--soft); background:none; cursor:pointer;
          border:1px solid var(--faint); border-radius:4px; padding:0 7px; }
        button:hover { color:var(--ink); border-color:var(--soft); }
        #options { columns:4 240px; margin-top:6px; font-size:12px; color:var(--soft); }
        #options[hidden] { display:none; }
        #options b { color:var(--ink); font-weight:500; }
        #legend { display:flex; flex-wrap:wrap; gap:3px 12px; margin-top:6px; font-size:12px; }
        #legend label { display:inline-flex; gap:4px; align-items:center; color:var(--soft);
          cursor:pointer; user-select:none; }
        #legend label.off { opacity:.4; text-decoration:line-through; }
        #legend label.plain { cursor:default; }
        #legend i { width:14px; height:0; border-top:2.5px solid; display:inline-block; }
        #legend i.box { height:9px; border:none; border-radius:2px; }
        #map { display:block; width:100%; height:52px; cursor:crosshair; }
        main { flex:1; display:flex; min-height:0; border-top:1px solid var(--faint); }
        #stage { flex:1; position:relative; min-width:0; overflow:hidden; }
        #lanes { display:block; width:100%; height:100%; cursor:grab; outline:none; }
        #lanes.moving { cursor:grabbing; }
        #tip { position:absolute; pointer-events:none; background:var(--card); color:var(--ink);
          border:1px solid var(--faint); border-radius:6px; padding:6px 9px; font-size:12px;
          max-width:420px; box-shadow:0 4px 14px #0003; white-space:pre-wrap; z-index:2; }
        #tip[hidden] { display:none; }
        #tip b { font-weight:600; } #tip span { color:var(--soft); }
        aside { width:330px; border-left:1px solid var(--faint); display:flex; min-height:0;
          flex-direction:column; }
        aside[hidden] { display:none; }
        aside h2 { font-size:12px; font-weight:600; margin:8px 12px 4px; }
        #list { list-style:none; margin:0; padding:0 0 10px; overflow-y:auto; flex:1;
          font:11.5px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace; }
        #list li { padding:1px 12px; cursor:pointer; display:flex; gap:8px; }
        #list li:hover { background:var(--lane); }
        #list time { color:var(--soft); flex:none; width:74px; text-align:right; }
        #list em { font-style:normal; font-weight:600; flex:none; width:24px; }
        #list .grave { font-weight:600; } #list .fault { color:var(--process); }
        #list .bad { color:var(--bad); font-weight:600; }
        footer { color:var(--soft); font-size:11.5px; padding:4px 14px 6px;
          border-top:1px solid var(--faint); }
        kbd { font:11px ui-monospace,Menlo,Consolas,monospace; border:1px solid var(--faint);
          border-radius:3px; padding:0 4px; }
        """#
}
