#include <cstring>

#include "doubles/mongodb/bson/layout.h"
#include "doubles/mongodb/errors.h"

namespace dbstow::doubles::mongodb {
namespace {

constexpr int kMaxDepth = 180;

/// Reads forward through untrusted bytes; every step says whether it fitted.
class Scanner {
 public:
  explicit Scanner(std::string_view rest) : rest_(rest) {}

  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool Skip(std::size_t size) {
    if (rest_.size() < size) return false;
    rest_.remove_prefix(size);
    return true;
  }
  [[nodiscard]] bool SkipName() {
    const std::size_t end = rest_.find('\0');
    return end != std::string_view::npos && Skip(end + 1);
  }
  /// A length-prefixed string with its closing zero.
  [[nodiscard]] bool SkipString() {
    if (rest_.size() < 5) return false;
    const auto size = LoadLittle<std::int32_t>(rest_.data());
    if (size < 1 || rest_.size() - 4 < static_cast<std::size_t>(size)) return false;
    if (rest_[3 + static_cast<std::size_t>(size)] != '\0') return false;
    return Skip(4 + static_cast<std::size_t>(size));
  }
  [[nodiscard]] bool SkipBinary() {
    if (rest_.size() < 5) return false;
    const auto size = LoadLittle<std::int32_t>(rest_.data());
    if (size < 0) return false;
    // Subtype 2 repeats its length inside.
    if (rest_[4] == 2) {
      if (size < 4 || rest_.size() < 9) return false;
      if (LoadLittle<std::int32_t>(rest_.data() + 5) != size - 4) return false;
    }
    return Skip(5) && Skip(static_cast<std::size_t>(size));
  }

 private:
  std::string_view rest_;
};

Error Invalid(std::string_view what) {
  return CommandFailure(kInvalidBson, "invalid BSON: " + std::string(what));
}

Result<std::size_t> CheckDocument(std::string_view bytes, int depth);

Result<void> SkipDocument(Scanner& scanner, int depth) {
  DBSTOW_ASSIGN(const std::size_t size, CheckDocument(scanner.rest(), depth));
  if (!scanner.Skip(size)) return Invalid("document runs past its end");
  return {};
}

Result<void> SkipCodeWithScope(Scanner& scanner, int depth) {
  const std::string_view start = scanner.rest();
  if (start.size() < 4) return Invalid("code with scope is cut short");
  const auto size = LoadLittle<std::int32_t>(start.data());
  if (!scanner.Skip(4) || !scanner.SkipString()) return Invalid("code with scope is cut short");
  DBSTOW_TRY(SkipDocument(scanner, depth));
  if (size < 14 || start.size() - scanner.rest().size() != static_cast<std::size_t>(size)) {
    return Invalid("code with scope has a wrong length");
  }
  return {};
}

Result<void> SkipValue(Scanner& scanner, BsonType type, int depth) {
  bool fits = false;
  switch (type) {
    case BsonType::kEnd: break;
    case BsonType::kDouble:
    case BsonType::kDate:
    case BsonType::kTimestamp:
    case BsonType::kInt64: fits = scanner.Skip(8); break;
    case BsonType::kInt32: fits = scanner.Skip(4); break;
    case BsonType::kDecimal128: fits = scanner.Skip(16); break;
    case BsonType::kObjectId: fits = scanner.Skip(12); break;
    case BsonType::kUndefined:
    case BsonType::kNull:
    case BsonType::kMinKey:
    case BsonType::kMaxKey: fits = true; break;
    case BsonType::kString:
    case BsonType::kJavaScript:
    case BsonType::kSymbol: fits = scanner.SkipString(); break;
    case BsonType::kDbPointer: fits = scanner.SkipString() && scanner.Skip(12); break;
    case BsonType::kRegex: fits = scanner.SkipName() && scanner.SkipName(); break;
    case BsonType::kBinary: fits = scanner.SkipBinary(); break;
    case BsonType::kBool: {
      const std::string_view at = scanner.rest();
      fits = !at.empty() && (at[0] == 0 || at[0] == 1) && scanner.Skip(1);
      break;
    }
    case BsonType::kObject:
    case BsonType::kArray: return SkipDocument(scanner, depth + 1);
    case BsonType::kJavaScriptScope: return SkipCodeWithScope(scanner, depth + 1);
    default: return Invalid("unknown type byte");
  }
  if (!fits) return Invalid("bad value of type " + std::string(TypeName(type)));
  return {};
}

Result<std::size_t> CheckDocument(std::string_view bytes, int depth) {
  if (depth > kMaxDepth) {
    return CommandFailure(kOverflow, "BSONObj exceeds maximum nested object depth");
  }
  if (bytes.size() < 5) return Invalid("document is cut short");
  const auto size = LoadLittle<std::int32_t>(bytes.data());
  if (size < 5 || static_cast<std::size_t>(size) > bytes.size()) return Invalid("bad length");
  Scanner scanner(bytes.substr(4, static_cast<std::size_t>(size) - 4));
  while (!scanner.rest().empty()) {
    const auto type = static_cast<BsonType>(static_cast<std::uint8_t>(scanner.rest()[0]));
    if (!scanner.Skip(1)) break;
    if (type == BsonType::kEnd) {
      if (!scanner.rest().empty()) return Invalid("bytes after the end of a document");
      return static_cast<std::size_t>(size);
    }
    if (!scanner.SkipName()) return Invalid("field name without end");
    DBSTOW_TRY(SkipValue(scanner, type, depth));
  }
  return Invalid("document without end");
}

}  // namespace

Result<std::size_t> ValidateBson(std::string_view bytes) { return CheckDocument(bytes, 0); }

std::size_t ValueSize(BsonType type, const char* value) {
  const auto length = [value] { return static_cast<std::size_t>(LoadLittle<std::int32_t>(value)); };
  switch (type) {
    case BsonType::kDouble:
    case BsonType::kDate:
    case BsonType::kTimestamp:
    case BsonType::kInt64: return 8;
    case BsonType::kInt32: return 4;
    case BsonType::kDecimal128: return 16;
    case BsonType::kObjectId: return 12;
    case BsonType::kBool: return 1;
    case BsonType::kString:
    case BsonType::kJavaScript:
    case BsonType::kSymbol: return 4 + length();
    case BsonType::kDbPointer: return 16 + length();
    case BsonType::kBinary: return 5 + length();
    case BsonType::kObject:
    case BsonType::kArray:
    case BsonType::kJavaScriptScope: return length();
    case BsonType::kRegex: {
      const std::size_t pattern = std::strlen(value) + 1;
      return pattern + std::strlen(value + pattern) + 1;
    }
    default: return 0;
  }
}

}  // namespace dbstow::doubles::mongodb
