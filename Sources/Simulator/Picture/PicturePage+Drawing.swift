extension PicturePage {
    /// Draws the lanes: what is in view and nothing else.
    static let drawingScript = #"""
        const canvas = byId("lanes"), pen = canvas.getContext("2d");
        const map = byId("map"), mapPen = map.getContext("2d");
        let hits = [], isStale = false;
        function redraw() {
          if (isStale) return;
          isStale = true;
          requestAnimationFrame(() => { isStale = false; paint(); paintMap(); fillList(); });
        }
        function fit(target, context, width, height) {
          const ratio = devicePixelRatio || 1;
          if (target.width !== Math.round(width * ratio)
            || target.height !== Math.round(height * ratio)) {
            target.width = Math.round(width * ratio);
            target.height = Math.round(height * ratio);
          }
          context.setTransform(ratio, 0, 0, ratio, 0, 0);
          context.clearRect(0, 0, width, height);
        }
        function say(context, words, left, top, color, align) {
          context.fillStyle = color; context.textAlign = align || "left";
          context.fillText(words, left, top);
        }
        // Runs over the stretches of a sorted list that are in view.
        function eachVisible(rows, body) {
          let place = Math.max(0, search(rows, view.start, first) - 1);
          for (; place < rows.length && rows[place][0] <= view.end; place++)
            body(rows[place], rows[place + 1]);
        }
        function box(start, end, top, height, color, least) {
          const left = Math.max(x(start), GUTTER), right = Math.min(x(end), layout.width);
          const width = Math.max(right - left, least || 0);
          if (right < GUTTER || left > layout.width || width <= 0) return null;
          pen.fillStyle = color;
          pen.fillRect(left, top, width, height);
          return [left, top, left + width, top + height];
        }

        function paint() {
          const stage = byId("stage");
          arrange(stage.clientWidth, stage.clientHeight);
          fit(canvas, pen, layout.width, layout.height);
          hits = [];
          pen.font = "11px system-ui, sans-serif"; pen.textBaseline = "middle";
          paintAxis();
          paintFaults();
          run.nodes.forEach(paintLane);
          paintMessages();
          run.nodes.forEach(paintMarks);
          paintLog();
          paintErrands();
          paintHealed();
          paintBad();
          paintGutter();
          paintHover();
        }

        function paintAxis() {
          const length = view.end - view.start;
          const raw = length / (plot() / 110), power = 10 ** Math.floor(Math.log10(raw));
          const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= raw);
          const digits = Math.max(0, Math.min(6, 6 - Math.floor(Math.log10(step))));
          pen.lineWidth = 1;
          for (let tick = Math.ceil(view.start / step) * step; tick <= view.end; tick += step) {
            if (tick < 0 || tick > END) continue;
            const left = Math.round(x(tick)) + .5;
            pen.strokeStyle = colors.faint; pen.globalAlpha = .55;
            pen.beginPath(); pen.moveTo(left, AXIS); pen.lineTo(left, layout.total); pen.stroke();
            pen.globalAlpha = 1;
            const half = pen.measureText(clock(tick, digits)).width / 2;
            const place = Math.max(GUTTER + half, Math.min(left, layout.width - half - 2));
            say(pen, clock(tick, digits), place, AXIS / 2 + 1, colors.soft, "center");
          }
          // Where the faults end.
          if (run.healed > view.start && run.healed < view.end) {
            const left = x(run.healed);
            pen.strokeStyle = colors.good; pen.setLineDash([4, 4]);
            pen.beginPath(); pen.moveTo(left, AXIS); pen.lineTo(left, layout.total); pen.stroke();
            pen.setLineDash([]);
          }
        }
        function paintHealed() {
          const left = x(run.healed);
          if (!(run.healed > view.start && run.healed < view.end)) return;
          const words = "healed", width = pen.measureText(words).width + 8;
          pen.fillStyle = colors.good;
          pen.fillRect(left, layout.log - 22, width, 15);
          say(pen, words, left + 4, layout.log - 14, colors.paper);
        }

        function paintFaults() {
          for (const band of run.faults) {
            if (band[1] < view.start || band[0] > view.end) continue;
            const top = layout.faults + band.row * BAND, color = colors[CATEGORY[band[2]]];
            const isLong = band[1] > band[0];
            pen.globalAlpha = isLong ? .28 : 1;
            let area;
            if (isLong) {
              area = box(band[0], band[1], top + 1, BAND - 3, color, 2);
            } else {
              const left = x(band[0]);
              if (left < GUTTER) { pen.globalAlpha = 1; continue; }
              pen.fillStyle = color;
              pen.beginPath(); pen.moveTo(left, top + 2); pen.lineTo(left + 5, top + 7);
              pen.lineTo(left, top + 12); pen.lineTo(left - 5, top + 7); pen.fill();
              area = [left - 6, top, left + 6, top + BAND];
            }
            pen.globalAlpha = 1;
            if (!area) continue;
            if (isLong && x(band[0]) >= GUTTER) {
              pen.fillStyle = color; pen.fillRect(x(band[0]), top + 1, 2, BAND - 3);
            }
            hits.push({ area, fault: band });
            const next = run.faults.filter(o => o.row === band.row && o[0] > band[0]
              || o.row === band.row && o[0] === band[0] && o !== band)
              .reduce((least, o) => Math.min(least, x(o[0])), layout.width);
            const left = isLong ? area[0] + 5 : area[2] + 1;
            const names = [band[3], band[2] + " " + band[4].map(n => "n" + n).join(" "), band[2]];
            const name = names.find(words => left + pen.measureText(words).width < next - 2);
            if (name) say(pen, name, left, top + 7.5, color);
          }
        }

        function hatch(start, end, top, height, color) {
          const left = Math.max(x(start), GUTTER), right = Math.min(x(end), layout.width);
          if (right <= left) return;
          pen.save();
          pen.beginPath(); pen.rect(left, top, right - left, height); pen.clip();
          pen.strokeStyle = color; pen.lineWidth = 1.2; pen.beginPath();
          for (let at = left - height - (left % 7); at < right; at += 7) {
            pen.moveTo(at, top + height); pen.lineTo(at + height, top);
          }
          pen.stroke(); pen.restore();
        }

        const BAR = 9, STRIP = 4;
        function paintLane(node, place) {
          const middle = layout.nodes[place], top = middle - layout.lane / 2;
          pen.fillStyle = colors.lane;
          pen.fillRect(GUTTER, top, layout.width - GUTTER, layout.lane);
          // What is wrong with this node tints its lane.
          for (const band of run.faults) {
            if (band[4].length !== 1 || band[4][0] !== node.id || band[1] < view.start
              || band[0] > view.end || CATEGORY[band[2]] === "process") continue;
            pen.globalAlpha = .09;
            box(band[0], band[1], top + 2, layout.lane - 4, colors[CATEGORY[band[2]]]);
            pen.globalAlpha = 1;
          }
          pen.strokeStyle = colors.faint; pen.setLineDash([2, 4]); pen.beginPath();
          pen.moveTo(Math.max(GUTTER, x(0)), middle); pen.lineTo(Math.min(layout.width, x(END)),
            middle);
          pen.stroke(); pen.setLineDash([]);
          for (const life of node.lives) {
            if (life[1] < view.start || life[0] > view.end) continue;
            paintRoles(node, life, middle);
            const strip = middle + BAR / 2 + 2;
            pen.globalAlpha = .3;
            box(life[0], life[1], strip, STRIP, colors.bad); pen.globalAlpha = 1;
          }
          for (const fresh of node.fresh) {
            if (fresh[1] < view.start || fresh[0] > view.end) continue;
            pen.fillStyle = colors.paper;
            box(fresh[0], fresh[1], middle + BAR / 2 + 2, STRIP, colors.paper);
            box(fresh[0], fresh[1], middle + BAR / 2 + 2, STRIP, colors.fresh);
          }
          for (const pause of node.pauses) {
            if (pause[1] < view.start || pause[0] > view.end) continue;
            pen.globalAlpha = .85;
            box(pause[0], pause[1], middle - BAR / 2 - 1, BAR + 2, colors.paper);
            pen.globalAlpha = 1;
            hatch(pause[0], pause[1], middle - BAR / 2 - 1, BAR + 2, colors.process);
            pen.strokeStyle = colors.process; pen.lineWidth = 1;
            const left = Math.max(x(pause[0]), GUTTER), right = Math.min(x(pause[1]), layout.width);
            pen.strokeRect(left, middle - BAR / 2 - 1, right - left, BAR + 2);
            if (right - left > 50) say(pen, "paused", left + 4, middle - 13, colors.process);
          }
          hits.push({ area: [GUTTER, middle - 8, layout.width, middle + 12], node });
        }

        function paintRoles(node, life, middle) {
          eachVisible(node.roles, (role, next) => {
            const start = Math.max(role[0], life[0]);
            const end = Math.min(next ? next[0] : END, life[1]);
            if (end <= start || end < view.start) return;
            const isLeader = role[1] === 3, height = isLeader ? BAR : role[1] ? BAR - 2 : 4;
            const area = box(start, end, middle - height / 2, height,
              role[1] === 1 || role[1] === 2 ? colors.warn : termColor(role[2], isLeader),
              isLeader ? 1.5 : 0);
            if (area && role[3]) hatch(start, end, middle - 6, 12, colors.bad);
            if (!area || !isLeader) return;
            const words = "leads term " + role[2];
            const room = area[2] - area[0];
            if (room > pen.measureText(words).width + 6)
              say(pen, words, area[0] + 2, middle - 12, termColor(role[2], true));
            else if (room > 16) say(pen, "t" + role[2], area[0] + 2, middle - 12,
              termColor(role[2], true));
          });
        }

        // Starts, ends, and events of note, above all that crosses the lane.
        function paintMarks(node, place) {
          const middle = layout.nodes[place];
          for (const life of node.lives) {
            if (life[0] >= view.start && life[0] <= view.end) {
              pen.fillStyle = colors.good; pen.beginPath();
              const left = x(life[0]);
              pen.moveTo(left, middle - 6); pen.lineTo(left + 8, middle);
              pen.lineTo(left, middle + 6); pen.fill();
            }
            if (life[1] < END && life[1] >= view.start && life[1] <= view.end) {
              const left = x(life[1]);
              pen.strokeStyle = colors.process; pen.lineWidth = 2.5; pen.beginPath();
              pen.moveTo(left - 5, middle - 5); pen.lineTo(left + 5, middle + 5);
              pen.moveTo(left + 5, middle - 5); pen.lineTo(left - 5, middle + 5); pen.stroke();
            }
          }
          let right = -1;
          eachVisible(run.notes, note => {
            if (note[1] !== node.id || note[0] < view.start) return;
            const left = x(note[0]);
            if (left < right) return;
            right = left + 4;
            pen.fillStyle = note[2] ? colors.ink : colors.soft;
            pen.beginPath(); pen.arc(left, middle - 8, note[2] ? 2.6 : 1.8, 0, 7); pen.fill();
            hits.push({ area: [left - 4, middle - 13, left + 4, middle - 3], note });
          });
        }
        """#
}
