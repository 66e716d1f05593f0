extension PicturePage {
    /// What the pointer, the keys and the legend do, and the list of events.
    static let controlScript = #"""
        function hitAt(left, top) {
          for (let i = hits.length - 1; i >= 0; i--) {
            const [x0, y0, x1, y1] = hits[i].area;
            if (hits[i].node) continue;
            if (left >= x0 && left <= x1 && top >= y0 && top <= y1) return hits[i];
          }
          let best = null, least = 6;
          if (seen.length < 6000) for (const i of seen) {
            const [x0, y0, x1, y1] = ends(i), dx = x1 - x0, dy = y1 - y0;
            const share = ((left - x0) * dx + (top - y0) * dy) / (dx * dx + dy * dy || 1);
            const near = Math.min(1, Math.max(0, share));
            const distance = Math.hypot(left - x0 - near * dx, top - y0 - near * dy);
            if (distance < least) { least = distance; best = { message: i }; }
          }
          if (best) return best;
          return hits.find(hit => hit.node && top >= hit.area[1] && top <= hit.area[3]) || null;
        }
        const names = ids => ids.map(id => "n" + id).join(", ");
        function explain(hit, time) {
          if (hit.message !== undefined) {
            const i = hit.message;
            const fate = way[i] < 0 ? "never arrived"
              : "arrived " + clock(sent[i] + way[i]) + " (" + span(way[i]) + ")";
            return ["n" + from[i] + " → n" + to[i],
              run.texts[text[i]].replaceAll("; ", "\n") || run.kinds[kind[i]],
              "sent " + clock(sent[i]) + "\n" + fate + "\n" + bytes[i] + " bytes"
              + (again[i] ? ", once more: a replay of earlier bytes" : "")];
          }
          if (hit.fault) {
            const [start, end, name, what, ids] = hit.fault;
            return [name, what.replaceAll(", ", "\n"), clock(start) + (end > start
              ? " to " + clock(end) + " (" + span(end - start) + ")" : "") + "\non " + names(ids)];
          }
          if (hit.note) return ["n" + hit.note[1], hit.note[3], clock(hit.note[0])];
          if (hit.commit) return ["#" + hit.commit[1] + ", term " + hit.commit[2],
            hit.commit[3], "first applied " + clock(hit.commit[0])];
          if (hit.errand) {
            const [client, node, start, end, , question, answer] = hit.errand;
            return [run.clients[client] + " asks n" + node, question + "\n→ " + answer,
              clock(start) + (end < 0 ? "" : ", " + span(end - start))];
          }
          return ["n" + hit.node.id, describe(hit.node, time), clock(time, 4)];
        }
        const tip = byId("tip");
        function point(left, top) {
          const time = timeAt(left);
          view.cursor = left > GUTTER ? time : null;
          const hit = left > GUTTER ? hitAt(left, top) : null;
          view.hover = hit;
          canvas.style.cursor = hit && !hit.node ? "pointer" : "";
          tip.hidden = !hit;
          if (hit) {
            const [title, what, where] = explain(hit, time);
            tip.replaceChildren();
            const head = document.createElement("b"), foot = document.createElement("span");
            head.textContent = title; foot.textContent = "\n" + where;
            tip.append(head, "\n" + what, foot);
            const room = layout.width - left;
            tip.style.left = (room > 440 ? left + 14 : Math.max(4, left - tip.offsetWidth - 14))
              + "px";
            tip.style.top = Math.max(4, Math.min(top + 12, layout.height - tip.offsetHeight - 6))
              + "px";
          }
          redraw();
        }

        function zoom(factor, around) {
          const center = around === undefined ? (view.start + view.end) / 2 : around;
          show(center - (center - view.start) * factor, center + (view.end - center) * factor);
        }
        const pan = share => {
          const step = (view.end - view.start) * share;
          show(view.start + step, view.end + step);
        };
        canvas.addEventListener("wheel", event => {
          event.preventDefault();
          if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
            return pan((event.deltaX || event.deltaY) / 1200);
          zoom(Math.exp(Math.max(-80, Math.min(80, event.deltaY)) / 220), timeAt(event.offsetX));
        }, { passive: false });
        let grip = null;
        canvas.addEventListener("pointerdown", event => {
          canvas.focus(); canvas.setPointerCapture(event.pointerId);
          grip = { at: event.offsetX, start: view.start, end: view.end };
          canvas.classList.add("moving");
        });
        canvas.addEventListener("pointermove", event => {
          if (!grip) return point(event.offsetX, event.offsetY);
          const shift = (event.offsetX - grip.at) / plot() * (grip.end - grip.start);
          show(grip.start - shift, grip.end - shift);
        });
        const release = () => { grip = null; canvas.classList.remove("moving"); };
        canvas.addEventListener("pointerup", release);
        canvas.addEventListener("pointercancel", release);
        canvas.addEventListener("pointerleave", () => {
          view.hover = null; view.cursor = null; tip.hidden = true; redraw();
        });
        canvas.addEventListener("dblclick", event => zoom(.25, timeAt(event.offsetX)));

        // The map: drag a stretch, or click to go there.
        let mark = null;
        const mapTime = event => Math.min(END, Math.max(0,
          (event.offsetX - GUTTER) / (map.clientWidth - GUTTER - 6) * END));
        map.addEventListener("pointerdown", event => {
          map.setPointerCapture(event.pointerId); mark = mapTime(event);
        });
        map.addEventListener("pointermove", event => {
          if (mark === null) return;
          const now = mapTime(event);
          if (Math.abs(now - mark) > END / 400) show(Math.min(mark, now), Math.max(mark, now));
        });
        map.addEventListener("pointerup", event => {
          const now = mapTime(event), half = (view.end - view.start) / 2;
          if (Math.abs(now - mark) <= END / 400) show(now - half, now + half);
          mark = null;
        });

        function goTo(time) {
          const half = Math.min((view.end - view.start) / 2, END / 20);
          show(time - half, time + half);
        }
        const middle = () => (view.start + view.end) / 2;
        addEventListener("keydown", event => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          const keys = {
            "0": () => show(0, END), "b": () => run.bad !== undefined && goTo(run.bad),
            "n": () => { const t = stops.find(s => s > middle() + 1); t !== undefined && goTo(t); },
            "p": () => { const t = stops.findLast(s => s < middle() - 1);
              t !== undefined && goTo(t); },
            "ArrowLeft": () => pan(-.2), "ArrowRight": () => pan(.2),
            "+": () => zoom(.6), "=": () => zoom(.6), "-": () => zoom(1 / .6),
            "l": () => { byId("side").hidden = !byId("side").hidden; redraw(); } };
          const action = keys[event.key];
          if (action) { event.preventDefault(); action(); }
        });

        // The list of what is in view.
        const list = byId("list");
        let listed = "";
        function fillList() {
          if (byId("side").hidden) return;
          const rows = [];
          const begin = search(run.notes, view.start, first);
          for (let i = begin; i < run.notes.length && run.notes[i][0] <= view.end; i++) {
            const note = run.notes[i];
            rows.push([note[0], note[1] ? "n" + note[1] : "", note[3],
              note[1] ? (note[2] ? "grave" : "") : "fault"]);
            if (rows.length > 400) break;
          }
          if (run.bad !== undefined && run.bad >= view.start && run.bad <= view.end) {
            const place = search(rows, run.bad + .5, first);
            rows.splice(place, 0, [run.bad, "", run.outcome + " violated: " + run.law, "bad"]);
          }
          byId("span").textContent = clock(Math.max(0, view.start), 3) + " to "
            + clock(Math.min(END, view.end), 3) + " · " + seen.length + " messages";
          const state = rows.length + ":" + (rows[0] || "") + ":" + (rows.at(-1) || "");
          if (state === listed) return;
          listed = state;
          list.replaceChildren(...rows.map(([time, who, what, style]) => {
            const item = document.createElement("li"), stamp = document.createElement("time");
            const node = document.createElement("em"), words = document.createElement("span");
            stamp.textContent = (time / 1e6).toFixed(4); node.textContent = who;
            words.textContent = what; item.className = style;
            item.append(stamp, node, words);
            item.addEventListener("click", () => goTo(time));
            return item;
          }));
        }

        function fillHeader() {
          byId("name").textContent = run.title;
          const badge = byId("badge");
          const isBad = run.bad !== undefined;
          badge.textContent = isBad ? run.outcome + " violated" : run.outcome;
          badge.className = isBad ? "bad" : run.outcome === "excused" ? "warn" : "";
          byId("law").textContent = run.law
            ? run.law + (isBad ? ", at " + clock(run.bad) : "") : run.about;
          byId("law").className = run.law ? "" : "about";
          byId("law").title = run.detail || "";
          const number = value => value.toLocaleString("en");
          byId("facts").textContent = run.nodes.length + " nodes · "
            + number(run.faults.length) + (run.faults.length === 1 ? " fault · " : " faults · ") + number(count) + " messages · "
            + number(run.committed) + " commits · " + number(run.events) + " events in "
            + span(run.end);
          byId("command").textContent = run.command; byId("command").title = run.command;
          byId("copy").addEventListener("click", () => navigator.clipboard.writeText(run.command));
          if (run.about) byId("more").textContent = "script";
          byId("more").addEventListener("click", () => {
            byId("options").hidden = !byId("options").hidden; redraw();
          });
          for (const [name, value] of run.options) {
            const line = document.createElement("div"), strong = document.createElement("b");
            strong.textContent = value; line.append(name + " ", strong);
            byId("options").append(line);
          }
        }
        const KIND_NAMES = { appendReply: "append reply", other: "transfer, doubt" };
        function fillLegend() {
          const legend = byId("legend");
          run.kinds.forEach((name, k) => {
            const label = document.createElement("label"), line = document.createElement("i");
            line.style.color = "var(--" + name + ")";
            label.append(line, KIND_NAMES[name] || name);
            label.title = "click to hide or show";
            label.addEventListener("click", () => {
              if (!view.hidden.delete(k)) view.hidden.add(k);
              label.classList.toggle("off", view.hidden.has(k)); redraw();
            });
            legend.append(label);
          });
          for (const [color, name] of [[termColor(2, true), "leader, a colour for each term"],
            [termColor(2, false), "follower"], ["warn", "candidate"],
            ["fresh", "answers validations"], ["net", "fault of the network"],
            ["process", "of a process"], ["disk", "of a disk"], ["clock", "of a clock"],
            ["good", "client served"], ["soft", "refused"], ["bad", "failed, lost"]]) {
            const label = document.createElement("label"), patch = document.createElement("i");
            patch.className = "box";
            patch.style.background = color.startsWith("hsl") ? color : "var(--" + color + ")";
            label.className = "plain"; label.append(patch, name); legend.append(label);
          }
        }

        readColors(); fillHeader(); fillLegend();
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
          readColors(); byId("legend").replaceChildren(); fillLegend(); redraw();
        });
        addEventListener("resize", redraw);
        // A stretch may be named in the address: #31.4-35.9
        const asked = /^#([\d.]+)-([\d.]+)$/.exec(location.hash);
        if (asked) show(asked[1] * 1e6, asked[2] * 1e6);
        else if (run.bad !== undefined && run.outcome === "safety")
          show(run.bad - 2e6, run.bad + 3e5);
        else show(0, END);
        """#
}
