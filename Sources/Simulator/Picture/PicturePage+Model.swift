extension PicturePage {
    /// Reads the data, lays out the lanes, and keeps what is in view.
    static let modelScript = #"""
        "use strict";
        const run = JSON.parse(document.getElementById("run").textContent);
        const byId = id => document.getElementById(id);
        const END = Math.max(run.end, 1);
        const ROLES = ["follower", "asks whether it could win", "candidate", "leader"];
        const STANDINGS = ["whole", "in doubt", "damaged"];
        const RESULTS = ["good", "soft", "bad", "faint"];
        // Of terms: none is that of a fault, a candidate or an answer.
        const HUES = [214, 264, 312, 186, 238, 336];
        const CATEGORY = {
          "cut":"net", "one-way cut":"net", "clog":"net", "reset":"net", "corrupt":"net",
          "replay":"net", "crash":"process", "power loss":"process", "crash of all":"process",
          "crash amid effects":"process", "pause":"process", "stop":"process",
          "slow disk":"disk", "full disk":"disk", "disk error":"disk", "rot":"disk",
          "misdirected write":"disk", "wipe":"disk", "wall clock":"clock", "drift":"clock" };

        // Messages, from differences to columns.
        const count = run.messages.length / 8;
        const from = new Uint8Array(count), to = new Uint8Array(count);
        const sent = new Float64Array(count), way = new Float64Array(count);
        const bytes = new Uint32Array(count), kind = new Uint8Array(count);
        const text = new Uint32Array(count), again = new Uint8Array(count);
        const slow = [];
        for (let i = 0, last = 0; i < count; i++) {
          const at = i * 8, m = run.messages;
          from[i] = m[at]; to[i] = m[at + 1]; last += m[at + 2]; sent[i] = last;
          way[i] = m[at + 3]; bytes[i] = m[at + 4]; kind[i] = m[at + 5]; text[i] = m[at + 6];
          again[i] = m[at + 7];
          if (way[i] > 100000) slow.push(i);
        }
        const triples = (flat, n) => {
          const rows = [];
          for (let i = 0; i < flat.length; i += n) rows.push(flat.slice(i, i + n));
          return rows;
        };
        for (const node of run.nodes) {
          node.lives = triples(node.lives, 2); node.pauses = triples(node.pauses, 2);
          node.fresh = triples(node.fresh, 2); node.roles = triples(node.roles, 4);
          node.indices = triples(node.indices, 3);
        }
        run.errands.sort((a, b) => a[2] - b[2]);

        // The first place in a list, sorted by `key`, that isn't before `value`.
        const search = (list, value, key) => {
          let low = 0, high = list.length;
          while (low < high) {
            const middle = (low + high) >> 1;
            if (key(list[middle]) < value) low = middle + 1; else high = middle;
          }
          return low;
        };
        const itself = value => value;
        const first = row => row[0];

        // Fault bands in as few rows as they need; a name wants some room of its own.
        const rowEnds = [];
        for (const band of run.faults) {
          const room = Math.max(band[1], band[0] + END / 60);
          let row = rowEnds.findIndex(end => end <= band[0]);
          if (row < 0) row = rowEnds.length < 7 ? rowEnds.length : rowEnds.indexOf(
            Math.min(...rowEnds));
          rowEnds[row] = Math.max(room, rowEnds[row] || 0);
          band.row = row;
        }

        // What is worth stopping at.
        const stops = [...new Set([
          ...run.notes.filter(note => note[2]).map(first), ...run.faults.map(first),
          ...(run.bad === undefined ? [] : [run.bad])])].sort((a, b) => a - b);

        const GUTTER = 82, AXIS = 24, BAND = 15;
        const layout = { width: 0, height: 0, faults: 0, nodes: [], lane: 0, log: 0, clients: 0 };
        function arrange(width, height) {
          layout.width = width; layout.height = height;
          layout.faults = AXIS + 2;
          const rows = Math.max(rowEnds.length, 1);
          const top = layout.faults + rows * BAND + 8;
          const row = run.clients.length > 12 ? 7 : 12;
          const bottom = 30 + run.clients.length * row + 10;
          layout.lane = Math.max(54, (height - top - bottom) / run.nodes.length);
          // The outer lanes lie at the edges: arrows need the room between.
          const steps = Math.max(run.nodes.length - 1, 1);
          const room = layout.lane * run.nodes.length - 62;
          layout.nodes = run.nodes.map((_, i) => top + 32 + room * i / steps);
          layout.gap = room / steps;
          layout.log = top + layout.lane * run.nodes.length + 4;
          layout.lane = 58;
          layout.clients = layout.log + 26; layout.row = row;
          layout.total = layout.clients + run.clients.length * row + 8;
        }
        const laneOf = id => layout.nodes[id - 1];

        const view = { start: 0, end: END, hidden: new Set(), hover: null, cursor: null };
        const plot = () => layout.width - GUTTER - 6;
        const x = time => GUTTER + (time - view.start) / (view.end - view.start) * plot();
        const timeAt = px => view.start + (px - GUTTER) / plot() * (view.end - view.start);
        function show(start, end) {
          const length = Math.min(Math.max(end - start, 200), END * 1.02);
          start = Math.min(Math.max(start, -END * .01), END * 1.01 - length);
          view.start = start; view.end = start + length;
          redraw();
        }

        // Times and rows as people read them.
        function clock(time, digits) {
          return (time / 1e6).toFixed(digits === undefined ? 6 : digits) + " s";
        }
        function span(micros) {
          if (micros >= 1e6) return +(micros / 1e6).toFixed(3) + " s";
          if (micros >= 1e3) return +(micros / 1e3).toFixed(3) + " ms";
          return Math.round(micros) + " µs";
        }
        const stateAt = (rows, time) => rows[search(rows, time + .5, first) - 1];
        const within = (stretches, time) => stretches.find(s => s[0] <= time && time < s[1]);
        function describe(node, time) {
          if (!within(node.lives, time)) return "down";
          const role = stateAt(node.roles, time), index = stateAt(node.indices, time);
          const parts = [within(node.pauses, time) ? "paused" : null,
            role && ROLES[role[1]] + ", term " + role[2],
            role && role[3] ? STANDINGS[role[3]] : null,
            index && "commit #" + index[1] + ", applied #" + index[2]];
          const fresh = within(node.fresh, time);
          parts.push(fresh ? "answers validations until " + clock(fresh[1], 3)
            : "refuses validations");
          return parts.filter(Boolean).join("\n");
        }
        const colors = {};
        function readColors() {
          const style = getComputedStyle(document.documentElement);
          for (const name of ["paper", "ink", "soft", "faint", "lane", "good", "bad", "warn",
            "fresh", "net", "process", "disk", "clock", "halo", ...run.kinds])
            colors[name] = style.getPropertyValue("--" + name).trim();
          colors.dark = matchMedia("(prefers-color-scheme: dark)").matches;
        }
        const termColor = (term, strong) => {
          const hue = HUES[term % HUES.length];
          const light = colors.dark ? (strong ? 64 : 36) : (strong ? 42 : 78);
          return `hsl(${hue} ${strong ? 72 : 30}% ${light}%)`;
        };
        """#
}
