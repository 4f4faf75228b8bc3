"use strict";
(() => {
  const rows = Array.from(document.querySelectorAll(".catalogue tbody tr"), (row) => ({
    row,
    text: row.textContent.toLowerCase(),
  }));
  const form = document.querySelector(".filter");
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const choices = ["verdict", "kind", "level"].map((name) => [name, document.getElementById("by-" + name)]);

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    for (const { row, text } of rows) {
      const fits =
        choices.every(([name, choice]) => !choice.value || row.dataset[name] === choice.value) &&
        words.every((word) => text.includes(word));
      row.hidden = !fits;
      number += fits ? 1 : 0;
    }
    shown.textContent = number === rows.length ? "" : "Showing " + number + " of " + rows.length + " requirements.";
  }

  function clear() {
    search.value = "";
    for (const [, choice] of choices) choice.value = "";
    apply();
  }

  // A link may lead to a row that the filter hides, or into a closed exchange: show it first.
  function reveal() {
    let id = location.hash.slice(1);
    try {
      id = decodeURIComponent(id);
    } catch {
      return;
    }
    const target = id && document.getElementById(id);
    if (!target) return;
    if (target.hidden) clear();
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    target.scrollIntoView();
  }

  async function copy(button) {
    const source = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(clear));
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-show], [data-show-kind]");
    if (!link) return;
    clear();
    document.getElementById("by-verdict").value = link.dataset.show || "";
    document.getElementById("by-kind").value = link.dataset.showKind || "";
    apply();
  });
  addEventListener("hashchange", reveal);
  apply();
  reveal();
})();
