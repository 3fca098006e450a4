#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "dbstow/core/bytes.h"
#include "dbstow/core/clock.h"

namespace dbstow::repository {

/// 128 random bits.
template <class Tag>
struct RandomId {
  std::array<std::byte, 16> bytes{};

  [[nodiscard]] static RandomId Generate(Random& random) {
    RandomId id;
    random.Fill(id.bytes);
    return id;
  }
  friend auto operator<=>(const RandomId&, const RandomId&) = default;
};

/// One writer or reader from its announcement to its end.
using SessionId = RandomId<struct SessionTag>;
/// Known before the bytes of a pack are complete, unlike the SHA-256 that names the object.
using PackId = RandomId<struct PackTag>;

[[nodiscard]] std::string ToText(const SessionId& id);  ///< 32 hex digits
[[nodiscard]] std::optional<SessionId> SessionIdFromText(std::string_view text);

/// `20261123T224512Z-7f3a9c`: sorts by time, short enough to type.
[[nodiscard]] std::string GenerateBackupId(TimePoint time, Random& random);
/// `20261123T224512Z`.
[[nodiscard]] std::string CompactTime(TimePoint time);
[[nodiscard]] std::optional<TimePoint> CompactTimeFromText(std::string_view text);

/// A manifest's object name, `<backup id>.<session>`: who wrote it can be told without a key.
struct ManifestName {
  std::string backup_id;
  SessionId session;

  [[nodiscard]] std::string Text() const { return backup_id + "." + ToText(session); }
  [[nodiscard]] static std::optional<ManifestName> Parse(std::string_view text);
  friend auto operator<=>(const ManifestName&, const ManifestName&) = default;
};

}  // namespace dbstow::repository
