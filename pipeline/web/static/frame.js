// Airflow's frame opens no tabs and lets no link out of it; its own page, which is not confined, opens them.
// Only links that the server marked, and only http(s).
const framed = (() => {
  try {
    return parent !== window && Boolean(parent.document.body);
  } catch {
    return false;
  }
})();

const openTab = (address) => {
  const link = parent.document.createElement("a");
  link.href = address;
  link.rel = "noopener noreferrer";
  link.target = "_blank";
  parent.document.body.append(link);
  link.click();
  link.remove();
};

if (framed) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[target=_blank]");
    if (!link || !/^https?:$/.test(link.protocol)) return;
    event.preventDefault();
    openTab(link.href);
  });
}

// A row's box chooses it; the bar of what can be done with the chosen is there only while something is chosen.
const boxes = [...document.querySelectorAll("td.box input")];
const bulk = document.querySelector("form.bulk");
const every = document.querySelector("th.box input");
const count = () => {
  const chosen = boxes.filter((box) => box.checked);
  bulk.hidden = chosen.length === 0;
  bulk.querySelector("b").textContent = `${chosen.length} chosen`;
  for (const box of boxes) box.closest("tr").toggleAttribute("aria-selected", false);
  for (const box of chosen) box.closest("tr").setAttribute("aria-selected", "true");
};
if (bulk) {
  every?.addEventListener("change", () => {
    for (const box of boxes) box.checked = every.checked;
    count();
  });
  for (const box of boxes) box.addEventListener("change", count);
  count();
}

// Keys, while no field has the focus: "/" searches, "g" and a letter goes to a page; what else the page has, says so.
const pages = { d: "", s: "stories", r: "review", f: "feeds", o: "outlets", h: "history" };
let going = false;
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const field = document.querySelector("input[type=search]");
  if (event.key === "/" && field) {
    event.preventDefault();
    field.focus();
  } else if (going && event.key in pages) {
    location.href = `${document.body.dataset.base}/${pages[event.key]}`;
  } else {
    document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)?.click();
  }
  going = event.key === "g";
});

// Inside a frame keys arrive only once something in it has the focus.
if (document.querySelector("form.decide")) document.querySelector("main").focus();
