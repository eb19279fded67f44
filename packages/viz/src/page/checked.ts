// What a page's script has in place of `checks/checked.ts`: it takes nothing from anyone but itself.

export function check(): void {}

export function checkOptions(): void {}
