#include "doubles/sqlserver/exec/with_options.h"

#include "doubles/sqlserver/value/convert.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::int64_t kTransferUnit = 65536;
constexpr std::int64_t kLargestTransfer = 4194304;
constexpr std::int64_t kSmallestS3 = 5242880;
constexpr std::int64_t kLargestS3 = 20971520;

SqlError Conflict(const std::string& a, const std::string& b) {
  return {3031, 16,
          "Option '" + a + "' conflicts with option(s) '" + b +
              "'. Remove the conflicting option and reissue the statement."};
}
SqlError Invalid(const std::string& parameter) {
  return {3217, 16, "Invalid value specified for " + parameter + " parameter."};
}

}  // namespace

SqlResult<WithOptions> WithOptions::Read(const std::vector<WithOption>& options,
                                         const Evaluate& evaluate) {
  WithOptions read;
  for (const WithOption& option : options) {
    GivenOption given;
    if (option.value) {
      DBSTOW_ASSIGN(given.value, evaluate(*option.value));
    }
    if (option.second) {
      DBSTOW_ASSIGN(given.second, evaluate(*option.second));
    }
    for (const WithOption& nested : option.nested) {
      DBSTOW_ASSIGN(given.nested[nested.name], evaluate(*nested.value));
    }
    if (option.name == "MOVE") {
      read.moves_.emplace_back(ToText(given.value.value, given.value.type),
                               ToText(given.second.value, given.second.type));
    } else if (!read.given_.try_emplace(option.name, std::move(given)).second) {
      return Conflict(option.name, option.name);
    }
  }
  return read;
}

const GivenOption* WithOptions::Find(const std::string& name) const {
  const auto found = given_.find(name);
  return found == given_.end() ? nullptr : &found->second;
}

std::string WithOptions::Text(const std::string& name) const {
  const GivenOption* given = Find(name);
  return given == nullptr ? "" : ToText(given->value.value, given->value.type);
}

std::optional<std::int64_t> WithOptions::Number(const std::string& name) const {
  const GivenOption* given = Find(name);
  if (given == nullptr || IsNull(given->value.value)) return std::nullopt;
  const SqlResult<Value> number = Convert(given->value.value, given->value.type, {TypeId::kBigInt});
  return number ? std::get<std::int64_t>(*number) : -1;
}

SqlResult<void> WithOptions::Exclude(
    const std::vector<std::pair<std::string, std::string>>& pairs) const {
  for (const auto& [a, b] : pairs) {
    if (Has(a) && Has(b)) return Conflict(a, b);
  }
  return {};
}

SqlResult<void> WithOptions::Forbid(const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    if (!Has(name)) continue;
    return SqlError{3032, 16,
                    "One or more of the options (" + name +
                        ") are not supported for this statement. Review the documentation for "
                        "supported options."};
  }
  return {};
}

SqlResult<void> WithOptions::CheckSizes(TransferLimits limits) const {
  const bool s3 = limits == TransferLimits::kS3;
  if (const auto size = Number("BLOCKSIZE")) {
    if (*size < 512 || *size > 65536) {
      return SqlError{3250, 16,
                      "The value '" + std::to_string(*size) +
                          "' is not within range for the BLOCKSIZE parameter."};
    }
    if ((*size & (*size - 1)) != 0) {
      return SqlError{3253, 16,
                      "The block size parameter must supply a value that is a power of 2."};
    }
  }
  if (const auto size = Number("MAXTRANSFERSIZE")) {
    const std::int64_t low = s3 ? kSmallestS3 : kTransferUnit;
    const std::int64_t high = s3 ? kLargestS3 : kLargestTransfer;
    if (*size < low || *size > high || *size % kTransferUnit != 0)
      return Invalid("MAXTRANSFERSIZE");
  }
  if (const auto count = Number("BUFFERCOUNT"); count && *count < 1) return Invalid("BUFFERCOUNT");
  if (const auto step = Number("STATS"); step && (*step < 1 || *step > 100)) {
    return SqlError{
        3250, 16,
        "The value '" + std::to_string(*step) + "' is not within range for the STATS parameter."};
  }
  return {};
}

int WithOptions::stats() const {
  if (!Has("STATS")) return 0;
  return static_cast<int>(Number("STATS").value_or(10));
}

}  // namespace dbstow::doubles::sqlserver
