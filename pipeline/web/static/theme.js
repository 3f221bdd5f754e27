// The theme of Airflow's own page, where this one stands in its frame; loaded before anything is painted.
const root = document.documentElement;
const outer = (() => {
  try {
    return parent === window ? null : parent.document.documentElement;
  } catch {
    return null;
  }
})();

const chosen = () => {
  if (outer?.classList.contains("dark")) return "dark";
  if (outer?.classList.contains("light")) return "light";
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;
  }
};

const show = () => {
  const theme = chosen();
  root.classList.remove("light", "dark");
  if (theme === "light" || theme === "dark") root.classList.add(theme);
};

show();
if (outer) new MutationObserver(show).observe(outer, { attributes: true, attributeFilter: ["class"] });
addEventListener("storage", (event) => event.key === "theme" && show());
