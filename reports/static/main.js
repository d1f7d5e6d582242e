// Puts the page to work: tables, galleries when they come into view, and deep links.
// "#task/edit" opens an edit; "#section" is the browser's own business.
function follow() {
  const [slug, ...rest] = location.hash.slice(1).split("/");
  if (!rest.length) return closeViewer();
  let edit = rest.join("/");
  try { edit = decodeURIComponent(edit); } catch { /* a mistyped address is an unknown edit */ }
  openEdit(slug, edit);
}

function whenNear(place, act) {
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    act();
  }, { rootMargin: "600px" });
  watcher.observe(place);
}

// With many tasks the contents have a list to choose from instead of a link for each.
function startJump() {
  const jump = document.getElementById("page-jump");
  jump?.addEventListener("change", () => {
    const slug = jump.value;
    if (!slug) return;
    location.hash = `#${slug}`;
    document.getElementById(slug).scrollIntoView();  // an address that stays the same leads nowhere
  });
}

function markSection() {
  const links = [...document.querySelectorAll(".contents a")];
  const jump = document.getElementById("page-jump");
  const sections = [...document.querySelectorAll("main > section")];
  const seenNow = () => {
    const here = sections.findLast((section) => section.getBoundingClientRect().top < innerHeight / 3) ?? sections[0];
    for (const link of links) {
      if (link.hash.slice(1) === here.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    if (!jump) return;
    jump.value = here.dataset.task ?? "";
    jump.classList.toggle("here", jump.value !== "");
  };
  addEventListener("scroll", seenNow, { passive: true });
  new ResizeObserver(seenNow).observe(document.querySelector("main"));  // galleries grow as they come into view
}

document.querySelectorAll("table[data-sortable]").forEach(makeSortable);
makeScoreMenu(document.getElementById("page-overview"));
for (const section of document.querySelectorAll("section.task")) {
  makeFilter(section);
  makeScoreMenu(section);
  whenNear(section.querySelector(".gallery"), () => galleryOf(section.dataset.task));
  const scatter = section.querySelector("details.scatter");
  scatter?.addEventListener("toggle", () => new Scatter(taskData(section.dataset.task), scatter.querySelector(".scatter-body")), { once: true });
}
for (const table of document.querySelectorAll("table.per-class")) {
  table.closest("details").addEventListener("toggle", () => drawStrips(table), { once: true });
}
const costPlot = document.querySelector(".cost-plot");
if (costPlot) whenNear(costPlot, () => new CostPlot(costPlot));
const slicesPlace = document.querySelector(".slices");
if (slicesPlace) whenNear(slicesPlace, () => new Slices(slicesPlace));
whenNear(document.querySelector(".glimpses").parentElement, showGlimpses);
startTheme();
startStage();
startViewer();
startJump();
markSection();
addEventListener("hashchange", follow);
follow();
