#pragma once

#include <array>

#include "support/test_repository.h"

namespace dbstow::golden {

inline constexpr const char* kInstance = "shop/primary";
inline constexpr const char* kPassphrase = "golden: never change this";

/// What the golden repositories hold, by generation: 0 and 1 are backups of pages and streams, the
/// second built upon the first. These formulas are part of the fixture: they never change.
[[nodiscard]] inline test::BackupContent Content(int generation) {
  const auto bytes = [](std::size_t size, unsigned step) {
    Bytes made(size);
    for (std::size_t i = 0; i < size; ++i) {
      made[i] = static_cast<std::byte>((i / 7 * step + i % 7) & 0xff);
    }
    return made;
  };
  test::BackupContent content;
  auto& pages = content.pages["main"];
  pages.page_size = 512;
  pages.bytes = bytes(512 * 24, 3);
  for (std::size_t i = 512 * 5; i < 512 * 7; ++i) pages.bytes[i] = std::byte{0};
  content.streams["public.orders"] = bytes(5000, 1);
  content.streams["public.empty"] = {};
  if (generation == 1) {
    pages.bytes[512 * 9] ^= std::byte{0x55};
    pages.bytes.resize(512 * 26, std::byte{0x77});
    content.streams["public.orders"] = bytes(5200, 2);
  }
  return content;
}

}  // namespace dbstow::golden
