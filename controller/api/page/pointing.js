// What the mouse does to the drawing: a click chooses, and what it is over is lifted; a link then says all that is known.

/** `onChoose(kind, id)` is called with null for the ground; `said(link)` is what is written beside a link. */
export function setUpPointing(cy, container, { onChoose, said }) {
  cy.on("tap", (event) => {
    const { kind, of } = event.target === cy ? {} : event.target.data();
    if (event.target === cy || of) onChoose(kind ?? null, of);
  });
  cy.on("mouseover", "[of]", ({ target }) => {
    container.style.cursor = "pointer";
    // Among many, each move of the mouse would draw all of them again.
    if (target.hasClass("many")) return;
    const { kind, of } = target.data();
    if (kind === "link") target.data("said", said(of));
    target.addClass("hover");
  });
  const leave = () => {
    cy.elements(".hover").removeClass("hover");
    container.style.cursor = "";
  };
  cy.on("mouseout", "[of]", leave);
  // Who leaves the drawing straight from a link is not told of by Cytoscape.
  container.addEventListener("mouseleave", leave);
}
