// Keeps a page true while somebody looks at it: asks the server again when the server's own hint
// says so, puts what has changed in its place, and moves bars and times in between.

const LONGEST_PAUSE = 60; // seconds between two tries while the server does not answer
const PATIENCE = 10_000; // milliseconds for one answer
const STEP = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1000 : 250; // milliseconds
const UNITS = [[1, "s"], [60, "min"], [3600, "h"], [86400, "d"]];

const main = document.querySelector("[data-refresh]");
let readAt = performance.now();
let failures = 0;
let timer;

// The next three write times as templatetags/showing.py does.

export function duration(seconds) {
  const [size, unit] = UNITS.find(([size]) => seconds / size < 99.5) ?? UNITS.at(-1);
  return `${Math.floor(seconds / size + 0.5)} ${unit}`;
}

export function left(seconds) {
  return seconds < 0.5 ? "any moment now" : `about ${duration(seconds)} left`;
}

export function span(lowest, highest) {
  const [low, high] = [duration(lowest), duration(highest)];
  if (low === high) return "";
  const unit = high.split(" ")[1];
  return `${low.endsWith(unit) ? low.slice(0, -unit.length).trimEnd() : low}–${high}`;
}

function move() {
  const speed = Number(main.dataset.speed ?? 1); // of the workspace's time
  const passed = ((performance.now() - readAt) / 1000) * speed;
  for (const run of document.querySelectorAll("[data-estimate]")) {
    const [elapsed, estimate, low, high] =
      ["elapsed", "estimate", "low", "high"].map((name) => Number(run.dataset[name]));
    const remaining = Math.max(0, estimate - passed);
    const total = elapsed + passed + remaining;
    const share = total ? (elapsed + passed) / total : 1;
    const bar = run.querySelector("progress");
    bar.value = Math.max(bar.value, Math.min(share, 0.99));
    write(run.querySelector(".percent"), `${Math.floor(bar.value * 100)} %`);
    write(run.querySelector(".left"), left(remaining));
    write(run.querySelector(".range"), span(Math.max(0, low - passed), Math.max(0, high - passed)));
  }
  for (const age of document.querySelectorAll("[data-age]")) {
    write(age, `${duration(Number(age.dataset.age) + passed)} ago`);
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Makes `old` like `fresh` and keeps every node that can stay, and with it focus and playback.
function become(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id !== fresh.id) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  const shown = old.nodeName === "PROGRESS" && fresh.closest("[data-estimate]") ? old.value : 0;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (shown > old.value) old.value = shown; // a bar never runs back
  becomeWithin(old, fresh);
}

// Pairs children by id, and those without one by their place.
function becomeWithin(old, fresh) {
  const wanted = new Set([...fresh.children].map((child) => child.id));
  const known = new Map();
  for (const child of [...old.children]) {
    if (child.id && wanted.has(child.id)) known.set(child.id, child);
    else if (child.id) child.remove();
  }
  let place = old.firstChild;
  const drop = () => {
    const next = place.nextSibling;
    place.remove();
    place = next;
  };
  for (const child of [...fresh.childNodes]) {
    const pair = child.id ? known.get(child.id) : place?.id ? null : place;
    if (!pair) {
      old.insertBefore(child, place);
      continue;
    }
    while (place && place !== pair && !place.id) drop();
    if (place === pair) place = place.nextSibling;
    else old.insertBefore(pair, place);
    become(pair, child);
  }
  while (place) drop();
}

function announce(fresh) {
  const changed = [...fresh.querySelectorAll("[data-status]")].filter((job) => {
    const old = document.getElementById(job.id);
    return old && old.dataset.status !== job.dataset.status;
  });
  if (changed.length) {
    document.getElementById("announcement").textContent =
      changed.map((job) => job.dataset.name).join(". ");
  }
}

function show(fresh) {
  announce(fresh);
  for (const region of document.querySelectorAll("[data-live]")) {
    become(region, fresh.getElementById(region.id));
  }
  document.title = fresh.title;
  main.dataset.refresh = fresh.querySelector("main").dataset.refresh ?? "";
  main.dataset.speed = fresh.querySelector("main").dataset.speed ?? 1;
  readAt = performance.now();
  move();
}

async function refresh() {
  clearTimeout(timer);
  try {
    const answer = await fetch(location.href, {
      headers: { Accept: "text/html" },
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.redirected || answer.status === 404) {
      location.replace(answer.url); // the key is asked for, or the job is gone
      return;
    }
    if (!answer.ok) throw new Error(answer.statusText);
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    failures = 0;
  } catch {
    failures += 1;
  }
  document.getElementById("offline").hidden = failures === 0;
  schedule();
}

function schedule() {
  clearTimeout(timer);
  const seconds = failures
    ? Math.min(LONGEST_PAUSE, 2 ** (failures - 1))
    : Number(main.dataset.refresh);
  if (seconds && !document.hidden) timer = setTimeout(refresh, seconds * 1000);
}

// Cancels in the background, so that nothing that is being typed is lost; where that does not work,
// the ordinary way shows why.
async function cancel(event) {
  const form = event.target.closest("form.cancel");
  if (!form) return;
  event.preventDefault();
  const answer = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    signal: AbortSignal.timeout(PATIENCE),
  }).catch(() => null);
  if (answer?.ok) await refresh();
  else form.submit();
}

if (main) {
  setInterval(() => document.hidden || move(), STEP);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && main.dataset.refresh) refresh();
  });
  document.addEventListener("submit", cancel);
  schedule();
}
