#include "observability/audit_line.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dbstow/core/redaction.h"
#include "observability/sha256.h"

namespace dbstow::observability {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kHashMember = ",\"hash\":\"";
constexpr std::string_view kLineEnd = "\"}";
constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kTail = kHashMember.size() + kHashDigits + kLineEnd.size();

bool IsHash(std::string_view text) {
  return text.size() == kHashDigits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

StringMap WithoutPasswordsIn(StringMap details) {
  for (auto& [unused, value] : details) value = WithoutPasswords(std::move(value));
  return details;
}

Json ToJson(const AuditRecord& record, const AuditLink& link, TimePoint time) {
  // The log is kept for years and copied elsewhere: what was typed goes into it as errors show it.
  Json json = {{"seq", link.seq},
               {"time", FormatTime(time)},
               {"stage", record.stage == AuditRecord::Stage::kBegin ? "begin" : "end"},
               {"actor", record.actor},
               {"operation", record.operation},
               {"instance", WithoutPasswords(record.instance)},
               {"target", WithoutPasswords(record.target)}};
  if (!record.outcome.empty()) json["outcome"] = record.outcome;
  json["correlation_id"] = record.correlation_id;
  json["details"] = WithoutPasswordsIn(record.details);
  if (!link.torn_before.empty()) json["torn_before"] = link.torn_before;
  if (link.head_was_missing) json["head_was_missing"] = true;
  json["prev_hash"] = link.prev_hash;
  return json;
}

std::optional<AuditLink> LinkOf(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  const auto seq = json.find("seq");
  const auto prev = json.find("prev_hash");
  if (seq == json.end() || !seq->is_number_unsigned()) return std::nullopt;
  if (prev == json.end() || !prev->is_string()) return std::nullopt;
  AuditLink link{seq->get<std::uint64_t>(), prev->get<std::string>(), "", false};
  const auto torn = json.find("torn_before");
  if (torn != json.end() && torn->is_string()) link.torn_before = torn->get<std::string>();
  link.head_was_missing = json.contains("head_was_missing");
  return link;
}

}  // namespace

std::string GenesisHash() { return std::string(kHashDigits, '0'); }

std::string FormatAuditLine(const AuditRecord& record, const AuditLink& link, TimePoint time) {
  // Bytes that are not UTF-8 (a file name) are replaced: a record must never fail for its text.
  std::string line =
      ToJson(record, link, time).dump(-1, ' ', false, Json::error_handler_t::replace);
  line.pop_back();  // the closing brace, which the hash member comes before
  const std::string hash = Sha256Hex(line);
  line.append(kHashMember).append(hash).append(kLineEnd).append("\n");
  return line;
}

std::optional<AuditLine> ParseAuditLine(std::string_view line) {
  if (line.size() < kTail || !line.ends_with(kLineEnd)) return std::nullopt;
  const std::size_t covered = line.size() - kTail;
  if (line.substr(covered, kHashMember.size()) != kHashMember) return std::nullopt;
  const std::string_view hash = line.substr(covered + kHashMember.size(), kHashDigits);
  if (!IsHash(hash)) return std::nullopt;
  const auto link = LinkOf(line);
  if (!link) return std::nullopt;
  return AuditLine{*link, std::string(hash), Sha256Hex(line.substr(0, covered)) == hash};
}

}  // namespace dbstow::observability
