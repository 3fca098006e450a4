#include "observability/audit_head.h"

#include <algorithm>
#include <charconv>

namespace dbstow::observability {
namespace {

constexpr std::size_t kMaxHead = 128;

}  // namespace

Result<AuditAnchor> AuditAnchor::Parse(std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view hash = text.substr(std::min(colon + 1, text.size()));
  AuditAnchor anchor{0, std::string(hash)};
  const std::string_view number = text.substr(0, colon);
  const auto [end, failure] = std::from_chars(number.begin(), number.end(), anchor.seq);
  const bool is_hex = std::ranges::all_of(
      hash, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (failure != std::errc() || end != number.end() || anchor.seq == 0 || hash.size() != 64 ||
      !is_hex) {
    return Error(ErrorCode::kInvalidOptions,
                 "an audit anchor has the form number:hash, the hash in 64 hex digits")
        .WithHint("dbstow audit verify prints the newest one");
  }
  return anchor;
}

std::string AuditHeadPath(const std::string& log_path) { return log_path + ".head"; }

Result<std::optional<AuditAnchor>> ReadAuditHead(const std::string& log_path, SharedFiles& files) {
  auto text = files.Read(AuditHeadPath(log_path), 0, kMaxHead);
  if (!text) {
    if (text.error().code() == ErrorCode::kNotFound) return std::optional<AuditAnchor>();
    return std::move(text).error();
  }
  if (text->ends_with('\n')) text->pop_back();
  auto anchor = AuditAnchor::Parse(*text);
  if (!anchor) return std::optional<AuditAnchor>();
  return std::optional<AuditAnchor>(*std::move(anchor));
}

Result<void> WriteAuditHead(const std::string& log_path, SharedFiles& files,
                            const AuditAnchor& newest) {
  return files.Replace(AuditHeadPath(log_path), newest.ToString() + "\n");
}

}  // namespace dbstow::observability
