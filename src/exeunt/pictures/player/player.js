"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const all = (what, where = document) => [...where.querySelectorAll(what)];
  const set = (made, values) => {
    for (const name in values) made.setAttribute(name, values[name]);
    return made;
  };
  const { names, steps } = JSON.parse($("data").textContent);
  const lines = all("#story li");
  const tabs = all("nav button");
  const files = all("pre");
  const speeds = [0.5, 1, 2, 4];
  let at = -1, timer = 0, address = 0, standing = null;
  if (!steps.length) return;

  // The picture: a veil, and above it the texts, of which those to come are faint.

  const svg = document.querySelector("#picture > svg");
  const grid = all(":scope > .grid", svg)
    .map((line) => /^M\S+ (\S+)V(\S+)$/.exec(line.getAttribute("d")))
    .find(Boolean);
  const { width, height } = svg.viewBox.baseVal;
  const [top, bottom] = grid ? [+grid[1], +grid[2]] : [0, height];
  if (grid && !svg.querySelector(".shown")) {
    // What becomes of it is told below the story, not before it.
    const facts = all(":scope > .w", svg).map((text) => text.textContent);
    $("facts").textContent = `In all: ${facts.join(" ")}`;
    set(svg, { viewBox: `0 ${top - 24} ${width} ${height - top + 24}` });
    svg.removeAttribute("height");
  }
  const draw = (kind, id) =>
    svg.appendChild(set(document.createElementNS(svg.namespaceURI, kind), { id }));
  const veil = draw("rect", "veil");
  const line = draw("path", "line");
  const spot = draw("circle", "spot");
  const told = draw("g", "told");
  const texts = [];
  for (const text of all("[transform] text, [data-seq] > text, .halo", svg)) {
    const lane = text.closest("[transform]");
    if (lane) set(text, { transform: lane.getAttribute("transform") });
    // What stands in a bar begins a little after it; what has no room, long before.
    const x = text.closest("[data-x]")?.dataset.x ?? text.getAttribute("x");
    texts.push([text, x - (text.matches(".halo") ? 0.5 : 5)]);
    told.append(text);
  }
  const groups = all("[data-seq]", svg).map((group) => ({
    group, seqs: group.dataset.seq.split(" ").map(Number),
  }));
  const xOf = new Map(steps.map(([seq, x]) => [seq, x]));

  const lanes = new Map();
  for (const tip of all(":scope > g:not([transform]) > title", svg))
    for (const who in names)
      if (tip.textContent === names[who] || tip.textContent.startsWith(`${names[who]}, `))
        lanes.set(+who, tip.parentNode);

  const veilFrom = (seq, x, actor) => {
    const edge = Math.min(x + 3.5, width);
    const left = at === steps.length - 1 ? 0 : width - edge;
    set(veil, { x: edge, y: top, width: left, height: bottom - top });
    set(line, { d: `M${edge} ${top}V${bottom}` });
    for (const [text, from] of texts) text.classList.toggle("later", from > x);
    for (const [who, name] of lanes) name.classList.toggle("acts", who === actor);
    const lane = lanes.get(actor)?.nextElementSibling;
    const cy = lane?.transform.baseVal[0]?.matrix.f ?? 0;
    set(spot, { cx: edge, cy, r: lane ? 4 : 0 });
    for (const { group, seqs } of groups) {
      group.classList.toggle("now", seqs.includes(seq));
      group.classList.toggle("ahead", seqs[0] > seq && xOf.get(seqs[0]) <= edge);
    }
  };

  // The source: the line of who acts, and where all others stand.

  const open = (number) => {
    tabs.forEach((tab, n) => set(tab, { "aria-pressed": n === number }));
    files.forEach((file, n) => { file.hidden = n !== number; });
  };
  const bring = (box, row) => {
    const [a, b] = [box.getBoundingClientRect(), row.getBoundingClientRect()];
    const from = b.top - a.top, rest = a.height - b.height;
    if (from < rest * 0.12 || from > rest * 0.82) box.scrollTop += from - rest * 0.4;
  };
  const chips = (people, actor) => {
    const made = document.createElement("i");
    const some = people.length > 4 ? people.slice(0, 3) : people;
    const said = some.map((who) => [names[who], who === actor]);
    if (some !== people) said.push([`+${people.length - 3}`, false]);
    for (const [words, acts] of said) {
      const chip = made.appendChild(document.createElement("b"));
      chip.textContent = words;
      chip.classList.toggle("who", acts);
    }
    return made;
  };
  const stand = (actor) => {
    const where = new Map();
    let last = actor;
    for (const [, , , moves] of steps.slice(0, at + 1))
      for (const who in moves || {}) {
        where.set(+who, moves[who]);
        if (moves[who]) last = +who;
      }
    for (const old of all("pre i")) old.remove();
    for (const old of all("pre .here")) old.className = "";
    const rowOf = (place) => place && files[place[0]].children[place[1] - 1];
    const rows = new Map();
    for (const [who, place] of [...where].sort(([who]) => (who === actor ? -1 : 1))) {
      const row = rowOf(place);
      if (row) rows.set(row, [...(rows.get(row) || []), who]);
    }
    for (const [row, here] of rows) row.prepend(chips(here, actor));
    if (rowOf(where.get(actor))) rowOf(where.get(actor)).className = "here";
    // If who acts stands nowhere, whoever has moved last is kept in view.
    const place = where.get(actor) || where.get(last);
    if (rowOf(place)) open(place[0]);
    return rowOf(place);
  };

  // Everything at once, and how to get about.

  const say = (row) => {
    const [time, words] = $("says").children;
    let first = at;
    while (first && !lines[first].querySelector("time")) first -= 1;
    time.textContent = lines[first].querySelector("time").textContent;
    words.textContent = row.querySelector("a").textContent;
    $("says").className = row.className.replace("later", "");
  };
  const view = () => {
    bring($("story"), lines[at]);
    if (standing) bring(standing.parentNode, standing);
  };
  const show = (number) => {
    const wanted = Math.max(0, Math.min(steps.length - 1, number));
    if (wanted === at) return;
    at = wanted;
    const [seq, x, actor] = steps[at];
    lines.forEach((row, n) => {
      const link = row.querySelector("a");
      row.classList.toggle("later", n > at);
      link.tabIndex = n === at ? 0 : -1;
      link.ariaCurrent = n === at ? "step" : null;
    });
    say(lines[at]);
    veilFrom(seq, x, actor);
    standing = stand(actor);
    view();
    $("slider").value = at + 1;
    $("slider").ariaValueText = `${at + 1} of ${steps.length}`;
    $("count").textContent = `${at + 1} / ${steps.length}`;
    $("back").disabled = at === 0;
    $("next").disabled = at === steps.length - 1;
    clearTimeout(address); // browsers want no more than a few changes a second
    address = setTimeout(() => history.replaceState(null, "", `#${at + 1}`), 250);
  };
  const turn = (on) => {
    clearTimeout(timer);
    timer = 0;
    if (on && at < steps.length - 1) {
      const long = 500 + 18 * $("says").textContent.length;
      timer = setTimeout(() => { show(at + 1); turn(true); },
        long / speeds[$("speed").selectedIndex]);
    }
    $("says").ariaLive = timer ? "off" : "polite";
    const [icon, word] = $("play").children;
    set(icon.firstChild, { d: timer ? "M3 3h4v10H3zM9 3h4v10H9z" : "M4 2v12l10-6z" });
    word.textContent = timer ? "Pause" : "Play";
  };
  const go = (number) => { turn(false); show(number); };
  const toggle = () => {
    if (!timer && at === steps.length - 1) show(0);
    turn(!timer);
  };
  const keys = {
    ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1),
    Home: () => go(0), End: () => go(steps.length - 1), " ": toggle,
  };
  addEventListener("keydown", (event) => {
    const free = !event.ctrlKey && !event.metaKey && !event.altKey;
    const own = event.target.closest("select") ||
      (event.key === " " && event.target.closest("button"));
    if (!free || own || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  $("back").onclick = keys.ArrowLeft;
  $("next").onclick = keys.ArrowRight;
  $("play").onclick = toggle;
  $("slider").oninput = () => go($("slider").value - 1);
  tabs.forEach((tab, n) => { tab.onclick = () => { turn(false); open(n); }; });
  $("story").onclick = (event) => {
    const row = event.target.closest("li");
    if (!row || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(lines.indexOf(row));
  };
  const scrub = (event) => {
    const seqs = event.target.closest("[data-seq]")?.dataset.seq.split(" ") || [];
    const exact = steps.findIndex(([seq]) => seq === +seqs[0]);
    if (event.type === "pointerdown" && seqs.length === 1 && exact >= 0)
      return go(exact);
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) * width / box.width;
    let near = 0;
    steps.forEach(([, at], n) => {
      if (Math.abs(at - x) <= Math.abs(steps[near][1] - x)) near = n;
    });
    go(near);
  };
  svg.onpointerdown = (event) => { if (event.button === 0) scrub(event); };
  svg.onpointermove = (event) => { if (event.buttons === 1) scrub(event); };
  const follow = () => go((parseInt(location.hash.slice(1), 10) || 1) - 1);
  addEventListener("hashchange", follow);
  addEventListener("resize", view);
  lines.forEach((row, n) => { row.querySelector("a").href = `#${n + 1}`; });
  $("controls").hidden = false;
  follow();
})();
