"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const configs = JSON.parse(document.getElementById("configs").textContent);
  const root = document.documentElement;
  const night = window.matchMedia("(prefers-color-scheme: dark)");
  const paper = window.matchMedia("print");
  const drawn = new Map();

  const theme = () => (paper.matches ? "light" : root.dataset.theme || (night.matches ? "dark" : "light"));

  async function draw(element) {
    const wanted = theme();
    if (drawn.get(element) === wanted) return;
    drawn.set(element, wanted);
    const narrow = element.clientWidth < 480;
    const config = narrow ? { ...configs[wanted], axis: { ...configs[wanted].axis, labelLimit: 110 } } : configs[wanted];
    const options = { actions: false, renderer: "svg", config, tooltip: { theme: wanted } };
    await vegaEmbed(element, charts[element.dataset.chart], options);
    element.dataset.drawn = wanted;
  }

  const elements = [...document.querySelectorAll("[data-chart]")];
  const all = () => Promise.all(elements.map(draw));
  const near = new IntersectionObserver((seen) => {
    for (const one of seen) if (one.isIntersecting) draw(one.target);
  }, { rootMargin: "600px" });
  elements.forEach((element) => near.observe(element));
  // What was not looked at yet is drawn when nothing else is to be done, so that it is there when somebody prints.
  window.addEventListener("load", () => setTimeout(all, 300));

  const redraw = () => elements.filter((element) => drawn.has(element)).forEach(draw);
  const button = document.getElementById("theme");
  const label = () => {
    const dark = theme() === "dark";
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-pressed", String(dark));
    button.setAttribute("aria-label", dark ? "Show the page in light colours" : "Show the page in dark colours");
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = theme() === "dark" ? "light" : "dark";
    label();
    redraw();
  });
  night.addEventListener("change", () => { label(); redraw(); });
  paper.addEventListener("change", redraw);
  window.addEventListener("beforeprint", all);
  label();

  const words = new Set(["text", "link", "date"]);
  function sort(heading) {
    const table = heading.closest("table");
    const column = [...heading.parentNode.children].indexOf(heading);
    const numeric = !words.has(heading.dataset.kind);
    const up = heading.getAttribute("aria-sort") === (numeric ? "descending" : "ascending") ? numeric : !numeric;
    for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows];
    const value = (row) => row.cells[column].dataset.value;
    const order = (a, b) => (numeric ? Number(a) - Number(b) : a.localeCompare(b));
    rows.sort((a, b) => {
      const [one, two] = [value(a), value(b)];
      if (one === "" || two === "") return (one === "") - (two === "");  // what is undefined comes last
      return up ? order(one, two) : order(two, one);
    });
    table.tBodies[0].append(...rows);
  }
  for (const heading of document.querySelectorAll("th[data-column]")) {
    heading.querySelector("button").addEventListener("click", () => sort(heading));
  }

  for (const input of document.querySelectorAll("[data-filter]")) {
    const rows = [...input.closest("details").querySelectorAll("tbody tr")];
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
  }
})();
