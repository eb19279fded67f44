/** Shows one view of a page at a time: the script of pages whose pictures stand one by one. */
export function turn(): void {
  const views = [...document.querySelectorAll<HTMLElement>(".views > *")];
  const [previous, next] = document.querySelectorAll<HTMLButtonElement>("nav button");
  const choice = document.querySelector("select");
  if (choice === null || previous === undefined || next === undefined) return; // there are none to turn
  const show = (at: number): void => {
    for (const [i, view] of views.entries()) view.hidden = i !== at;
    choice.selectedIndex = at;
    previous.disabled = at <= 0;
    next.disabled = at === views.length - 1;
  };
  previous.addEventListener("click", () => show(choice.selectedIndex - 1));
  next.addEventListener("click", () => show(choice.selectedIndex + 1));
  choice.addEventListener("change", () => show(choice.selectedIndex));
  show(choice.selectedIndex);
}
