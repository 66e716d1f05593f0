extension PicturePage {
    /// Draws messages, the log, clients, the map of the whole run, and what the pointer is at.
    static let detailScript = #"""
        let seen = [];
        function visibleMessages() {
          const found = [];
          const begin = search(sent, view.start - 100000, itself);
          for (const i of slow)
            if (i < begin && sent[i] + way[i] > view.start) found.push(i);
          for (let i = begin; i < count && sent[i] <= view.end; i++) {
            if (way[i] >= 0 && sent[i] + way[i] < view.start) continue;
            found.push(i);
          }
          return found.filter(i => !view.hidden.has(kind[i]));
        }
        function ends(i) {
          const y0 = laneOf(from[i]), y1 = laneOf(to[i]), down = y1 > y0 ? 1 : -1;
          const x0 = x(sent[i]), start = y0 + down * (down > 0 ? 12 : 7);
          if (way[i] >= 0)
            return [x0, start, x(sent[i] + way[i]), y1 - down * (down > 0 ? 7 : 12)];
          // Lost on its way: a stump towards where it was meant to go.
          const reach = Math.min(layout.gap * .4, 60);
          return [x0, start, x0 + reach * .25, start + down * reach];
        }
        function paintMessages() {
          pen.save();
          pen.beginPath(); pen.rect(GUTTER, AXIS, layout.width, layout.height); pen.clip();
          seen = visibleMessages();
          const crowd = seen.length / (plot() / 900);
          const alpha = Math.max(.1, Math.min(.85, 420 / Math.max(crowd, 1)));
          const isClose = crowd < 900;
          const heads = isClose && crowd < 500;
          // Of many alike at one pixel, one is enough.
          const last = new Float64Array(run.kinds.length * 256).fill(-9);
          const shown = crowd < 1500 ? seen : seen.filter(i => {
            const slot = kind[i] * 256 + from[i] * 16 + to[i], left = Math.round(x(sent[i]));
            if (last[slot] === left) return false;
            last[slot] = left;
            return true;
          });
          for (let k = 0; k < run.kinds.length; k++) {
            pen.strokeStyle = pen.fillStyle = colors[run.kinds[k]];
            pen.globalAlpha = run.kinds[k] === "heartbeat" || run.kinds[k] === "appendReply"
              ? alpha * .7 : alpha;
            pen.lineWidth = isClose ? 1.3 : 1;
            pen.beginPath();
            for (const i of shown) {
              if (kind[i] !== k) continue;
              const [x0, y0, x1, y1] = ends(i);
              pen.moveTo(x0, y0); pen.lineTo(x1, y1);
              if (heads && way[i] >= 0) {
                const angle = Math.atan2(y1 - y0, x1 - x0);
                pen.moveTo(x1 - 6 * Math.cos(angle - .4), y1 - 6 * Math.sin(angle - .4));
                pen.lineTo(x1, y1);
                pen.lineTo(x1 - 6 * Math.cos(angle + .4), y1 - 6 * Math.sin(angle + .4));
              }
            }
            pen.stroke();
          }
          // A cross where one was lost.
          pen.strokeStyle = colors.bad; pen.lineWidth = 1.3;
          pen.globalAlpha = Math.max(alpha, .3); pen.beginPath();
          for (const i of shown) {
            if (way[i] >= 0) continue;
            const [, , x1, y1] = ends(i), r = isClose ? 3 : 1.6;
            pen.moveTo(x1 - r, y1 - r); pen.lineTo(x1 + r, y1 + r);
            pen.moveTo(x1 + r, y1 - r); pen.lineTo(x1 - r, y1 + r);
          }
          pen.stroke(); pen.globalAlpha = 1;
          if (crowd < 90) {
            labels = [];
            const dull = i => run.kinds[kind[i]] === "heartbeat"
              || run.kinds[kind[i]] === "appendReply";
            for (const i of seen) if (!dull(i)) paintLabel(i);
            for (const i of seen) if (dull(i)) paintLabel(i);
            pen.font = "11px system-ui, sans-serif";
          }
          pen.restore();
        }
        // In the gap next to the sender, where no other is.
        let labels = [];
        function paintLabel(i) {
          const [x0, y0, x1, y1] = ends(i);
          const whole = Math.hypot(x1 - x0, y1 - y0);
          const gaps = way[i] < 0 ? 1 : Math.abs(from[i] - to[i]);
          const words = run.texts[text[i]], length = whole / gaps - 12;
          pen.font = "10px system-ui, sans-serif";
          let name = words;
          if (pen.measureText(name).width > length - 14) name = words.split(",")[0];
          if (pen.measureText(name).width <= length - 14) {
            const width = pen.measureText(name).width;
            const half = Math.abs(y1 - y0) / whole * width / 2 + 3;
            const side = Math.abs(x1 - x0) / whole * width / 2 + 7;
            let left, top, gap = 0;
            for (; gap < gaps; gap++) {
              left = x0 + (x1 - x0) * (gap + .5) / gaps; top = y0 + (y1 - y0) * (gap + .5) / gaps;
              if (!labels.some(o => Math.abs(o[0] - left) < Math.max(13, side + o[3] - 14)
                && Math.abs(o[1] - top) < half + o[2])) break;
            }
            pen.font = "10px system-ui, sans-serif";
            if (gap === gaps) return;
            labels.push([left, top, half, side]);
            let angle = Math.atan2(y1 - y0, x1 - x0);
            if (angle > Math.PI / 2) angle -= Math.PI;
            if (angle < -Math.PI / 2) angle += Math.PI;
            pen.save();
            pen.translate(left, top); pen.rotate(angle);
            pen.fillStyle = colors.halo; pen.fillRect(-width / 2 - 2, -13, width + 4, 11);
            say(pen, name, 0, -7, colors[run.kinds[kind[i]]], "center");
            pen.restore();
          }
        }

        function paintLog() {
          const top = layout.log;
          let right = -1, labelEnd = -1;
          pen.fillStyle = colors.append;
          const begin = search(run.commits, view.start, first);
          for (let i = begin; i < run.commits.length && run.commits[i][0] <= view.end; i++) {
            const commit = run.commits[i], left = x(commit[0]);
            if (left >= right) {
              pen.fillStyle = termColor(commit[2], true);
              pen.fillRect(left - .75, top, 1.5, 10); right = left + 1;
              if (run.commits.length < 20000)
                hits.push({ area: [left - 3, top - 2, left + 3, top + 12], commit });
            }
            const name = "#" + commit[1];
            if (left > labelEnd) {
              say(pen, name, left, top + 16, colors.soft, "center");
              labelEnd = left + pen.measureText(name).width + 10;
            }
          }
        }
        function paintErrands() {
          const last = {};
          for (const errand of run.errands) {
            const end = errand[3] < 0 ? END : errand[3];
            if (errand[2] > view.end) break;
            if (end < view.start) continue;
            // Of many at once at one pixel, each result once.
            const slot = errand[0] + ":" + errand[4], left = Math.round(x(errand[2]));
            if (end === errand[2] && last[slot] === left) continue;
            last[slot] = left;
            const top = layout.clients + errand[0] * layout.row;
            const color = colors[RESULTS[errand[4]]];
            pen.globalAlpha = errand[4] === 1 ? .55 : .75;
            const area = box(errand[2], end, top + 1, layout.row - 3, color, 1.5);
            pen.globalAlpha = 1;
            if (!area) continue;
            hits.push({ area: [area[0] - 1, top, area[2] + 1, top + layout.row], errand });
            if (layout.row > 10 && area[2] - area[0] > pen.measureText(errand[5]).width + 6) {
              pen.font = "9.5px system-ui, sans-serif";
              say(pen, errand[5], area[0] + 3, top + layout.row / 2, colors.paper);
              pen.font = "11px system-ui, sans-serif";
            }
          }
        }
        function paintBad() {
          if (run.bad === undefined || run.bad < view.start || run.bad > view.end) return;
          const left = x(run.bad);
          pen.strokeStyle = pen.fillStyle = colors.bad; pen.lineWidth = 2; pen.beginPath();
          pen.moveTo(left, AXIS - 6); pen.lineTo(left, layout.total); pen.stroke();
          const words = run.outcome + " violated: " + run.law;
          const width = pen.measureText(words).width + 12;
          const start = Math.max(GUTTER, Math.min(left + 1, layout.width - width));
          pen.fillRect(start, AXIS - 9, width, 17);
          say(pen, words, start + 6, AXIS, colors.paper);
        }
        function paintGutter() {
          pen.fillStyle = colors.paper; pen.fillRect(0, 0, GUTTER, layout.height);
          pen.strokeStyle = colors.faint; pen.beginPath();
          pen.moveTo(GUTTER - .5, 0); pen.lineTo(GUTTER - .5, layout.total); pen.stroke();
          say(pen, "faults", GUTTER - 8, layout.faults + 8, colors.soft, "right");
          const time = view.cursor === null ? view.end : view.cursor;
          run.nodes.forEach((node, i) => {
            const middle = layout.nodes[i], role = stateAt(node.roles, time);
            const isUp = within(node.lives, Math.min(time, END - 1));
            const isPaused = within(node.pauses, time);
            pen.font = "600 14px system-ui, sans-serif";
            say(pen, "n" + node.id, GUTTER - 10, middle - 1, colors.ink, "right");
            pen.font = "10.5px system-ui, sans-serif";
            const words = !isUp ? "down" : isPaused ? "paused" : role
              ? ["follower", "asks", "candidate", "leader"][role[1]] + " t" + role[2] : "";
            say(pen, words, GUTTER - 10, middle + 15, !isUp || isPaused ? colors.process
              : role && role[1] === 3 ? termColor(role[2], true) : colors.soft, "right");
          });
          pen.font = "11px system-ui, sans-serif";
          say(pen, "log", GUTTER - 8, layout.log + 6, colors.soft, "right");
          if (!run.clients.length) return;
          if (layout.row < 10) {
            say(pen, "clients", GUTTER - 8, layout.clients + 6, colors.soft, "right");
          } else {
            pen.font = "10px system-ui, sans-serif";
            run.clients.forEach((name, i) => say(
              pen, name, GUTTER - 8, layout.clients + (i + .5) * layout.row, colors.soft, "right"));
            pen.font = "11px system-ui, sans-serif";
          }
        }
        function paintHover() {
          const hover = view.hover;
          if (view.cursor !== null) {
            pen.strokeStyle = colors.soft; pen.globalAlpha = .4; pen.lineWidth = 1;
            pen.beginPath(); pen.moveTo(x(view.cursor), AXIS);
            pen.lineTo(x(view.cursor), layout.total); pen.stroke(); pen.globalAlpha = 1;
          }
          if (!hover) return;
          if (hover.message !== undefined) {
            const [x0, y0, x1, y1] = ends(hover.message);
            pen.strokeStyle = colors[run.kinds[kind[hover.message]]]; pen.lineWidth = 3;
            pen.beginPath(); pen.moveTo(x0, y0); pen.lineTo(x1, y1); pen.stroke();
            pen.fillStyle = pen.strokeStyle;
            for (const [left, top] of [[x0, y0], [x1, y1]]) {
              pen.beginPath(); pen.arc(left, top, 3.5, 0, 7); pen.fill();
            }
          } else if (hover.errand) {
            const left = x(hover.errand[2]), bottom = layout.clients
              + hover.errand[0] * layout.row;
            pen.strokeStyle = colors.ink; pen.lineWidth = 1; pen.setLineDash([3, 3]);
            pen.beginPath(); pen.moveTo(left, bottom); pen.lineTo(left, laneOf(hover.errand[1]));
            pen.stroke(); pen.setLineDash([]);
          } else if (hover.fault) {
            const band = hover.fault, left = Math.max(x(band[0]), GUTTER);
            pen.globalAlpha = .12; pen.fillStyle = colors[CATEGORY[band[2]]];
            for (const id of band[4])
              pen.fillRect(left, laneOf(id) - layout.lane / 2,
                Math.max(2, Math.min(x(band[1]), layout.width) - left), layout.lane);
            pen.globalAlpha = 1;
          }
        }

        function paintMap() {
          const width = map.clientWidth, height = map.clientHeight;
          fit(map, mapPen, width, height);
          const at = time => GUTTER + time / END * (width - GUTTER - 6);
          const rows = run.nodes.length, each = (height - 18) / rows;
          for (const band of run.faults) {
            mapPen.fillStyle = colors[CATEGORY[band[2]]]; mapPen.globalAlpha = .35;
            mapPen.fillRect(at(band[0]), 3, Math.max(1.5, at(band[1]) - at(band[0])), 5);
          }
          mapPen.globalAlpha = 1;
          run.nodes.forEach((node, i) => {
            const top = 11 + i * each;
            for (const life of node.lives) {
              node.roles.forEach((role, j) => {
                const start = Math.max(role[0], life[0]);
                const end = Math.min(j + 1 < node.roles.length ? node.roles[j + 1][0] : END,
                  life[1]);
                if (end <= start) return;
                const strong = role[1] === 3;
                mapPen.fillStyle = termColor(role[2], strong);
                mapPen.fillRect(at(start), top + (strong ? 0 : each * .3),
                  at(end) - at(start) + .3, strong ? each - 1 : each * .35);
              });
            }
          });
          if (run.bad !== undefined) {
            mapPen.fillStyle = colors.bad; mapPen.fillRect(at(run.bad) - 1, 0, 2, height);
          }
          const left = at(Math.max(view.start, 0)), right = at(Math.min(view.end, END));
          mapPen.fillStyle = colors.paper; mapPen.globalAlpha = .6;
          mapPen.fillRect(GUTTER, 0, left - GUTTER, height);
          mapPen.fillRect(right, 0, width - right, height);
          mapPen.globalAlpha = 1; mapPen.strokeStyle = colors.ink; mapPen.lineWidth = 1.2;
          mapPen.strokeRect(left, 1, Math.max(right - left, 2), height - 5);
          mapPen.font = "11px system-ui, sans-serif"; mapPen.textBaseline = "middle";
          say(mapPen, "whole run", GUTTER - 8, 26, colors.soft, "right");
        }
        """#
}
