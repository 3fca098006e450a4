#include "dbstow/core/operation_context.h"

#include <algorithm>
#include <array>

namespace dbstow {

TraceId TraceId::Generate(Random& random) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::array<std::byte, 16> bytes{};
  random.Fill(bytes);
  bytes[0] |= std::byte{1};  // never all zero, which W3C forbids
  std::string hex;
  for (std::byte byte : bytes) {
    hex += kHex[std::to_integer<unsigned>(byte) >> 4];
    hex += kHex[std::to_integer<unsigned>(byte) & 15];
  }
  return TraceId(std::move(hex));
}

Result<TraceId> TraceId::FromTraceparent(std::string_view header) {
  const bool shaped = header.size() >= 55 && header[2] == '-' && header[35] == '-';
  const std::string_view id = shaped ? header.substr(3, 32) : "";
  const bool hex = std::ranges::all_of(
      id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!shaped || !hex || id.find_first_not_of('0') == std::string_view::npos) {
    return Error(ErrorCode::kInvalidOptions,
                 "TRACEPARENT is not a W3C trace context (00-<32 hex>-<16 hex>-<2 hex>)");
  }
  return TraceId(std::string(id));
}

OperationContext OperationContext::With(Logger& replacement) const {
  return {trace,   clock, random,   replacement, metrics, progress,
          secrets, store, deadline, stop,        dry_run};
}

OperationContext OperationContext::With(ProgressSink& replacement) const {
  return {trace,   clock, random,   logger, metrics, replacement,
          secrets, store, deadline, stop,   dry_run};
}

Result<void> OperationContext::CheckAlive(std::string_view doing) const {
  if (stop.stop_requested()) {
    return Error(ErrorCode::kCancelled, "stopped on request while " + std::string(doing));
  }
  if (deadline.Passed(clock)) {
    return Error(ErrorCode::kTimeout, "the deadline passed while " + std::string(doing))
        .WithHint("give it more time with --timeout");
  }
  return {};
}

Result<BackupStore*> OperationContext::RequireStore() const {
  if (store != nullptr) return store;
  return Error(ErrorCode::kNoRepository, "this operation needs a repository and none is given")
      .WithHint("add --repo file:///path, or a [repository] to the configuration");
}

}  // namespace dbstow
