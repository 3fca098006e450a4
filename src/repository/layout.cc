#include "repository/layout.h"

#include <algorithm>
#include <array>

#include "dbstow/core/connection_info.h"
#include "repository/chain_order.h"

namespace dbstow::repository {
namespace {

// File names end at 255 bytes; a prefix stays readable.
constexpr std::size_t kLongestPart = 200;
constexpr std::size_t kReadablePrefix = 120;
constexpr std::string_view kNoManifest = "none";

// Splits at the first `count - 1` dots; the last part keeps the rest.
template <std::size_t kCount>
std::optional<std::array<std::string_view, kCount>> SplitAtDots(std::string_view text) {
  std::array<std::string_view, kCount> parts;
  for (std::size_t i = 0; i + 1 < kCount; ++i) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    parts[i] = text.substr(0, dot);
    text.remove_prefix(dot + 1);
  }
  parts[kCount - 1] = text;
  return parts;
}

}  // namespace

std::string InstanceKeyPart(std::string_view instance) {
  std::string part = PercentEncode(instance);
  // "." and ".." mean something else to a file system.
  if (part.find_first_not_of('.') == std::string::npos) {
    part.replace(0, 1, "%2E");
  }
  if (part.size() <= kLongestPart) return part;
  const std::string digest = io::ToHex(io::Sha256::Of(AsBytes(instance)));
  return part.substr(0, kReadablePrefix) + "=" + digest;
}

bool Intent::IsAhead(TimePoint now) const { return since > now + kClockTolerance; }

ChainLayout::ChainLayout(std::string_view instance)
    : root_("i/" + InstanceKeyPart(instance) + "/") {}

std::string ChainLayout::Pack(const SessionId& session, const io::Sha256Digest& digest) const {
  return Packs() + ToText(session) + "/" + io::ToHex(digest);
}

std::string ChainLayout::Manifest(std::string_view name) const {
  return Manifests() + std::string(name);
}

std::string ChainLayout::IntentKey(const Intent& intent) const {
  const std::string used =
      intent.used_manifest.empty() ? std::string(kNoManifest) : intent.used_manifest;
  const char* purpose = intent.purpose == Intent::Purpose::kWrite ? ".write." : ".read.";
  return Intents() + ToText(intent.session) + "." + CompactTime(intent.since) + purpose + used;
}

std::string_view LastPart(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  return slash == std::string_view::npos ? key : key.substr(slash + 1);
}

std::optional<Intent> ParseIntent(std::string_view key) {
  const auto parts = SplitAtDots<4>(LastPart(key));
  if (!parts) return std::nullopt;
  const auto session = SessionIdFromText((*parts)[0]);
  const auto since = CompactTimeFromText((*parts)[1]);
  if (!session || !since) return std::nullopt;
  const bool read = (*parts)[2] == "read";
  const std::string_view used = (*parts)[3];
  return Intent{*session, *since, read ? Intent::Purpose::kRead : Intent::Purpose::kWrite,
                used == kNoManifest ? std::string() : std::string(used)};
}

std::optional<PackKeyParts> ParsePackKey(std::string_view key) {
  const std::string_view digest = LastPart(key);
  if (digest.size() == key.size()) return std::nullopt;
  const std::string_view session_part = LastPart(key.substr(0, key.size() - digest.size() - 1));
  const auto session = SessionIdFromText(session_part);
  if (!session) return std::nullopt;
  return PackKeyParts{*session, std::string(digest)};
}

}  // namespace dbstow::repository
