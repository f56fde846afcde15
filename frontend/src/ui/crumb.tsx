import { IconChevronLeft } from "@tabler/icons-react";
import { Link, type LinkProps } from "@tanstack/react-router";

/** The list a page belongs to. */
export function Crumb({ to, label }: { to: NonNullable<LinkProps["to"]>; label: string }) {
  return (
    <Link
      to={to}
      style={{
        display: "inline-flex",
        alignItems: "center",
        gap: 2,
        fontSize: 12,
        textDecoration: "none",
      }}
    >
      <IconChevronLeft size={13} aria-hidden />
      {label}
    </Link>
  );
}
