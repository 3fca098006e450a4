#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "dbstow/core/result.h"

namespace dbstow::doubles::mongodb {

/// The type byte of a BSON element.
enum class BsonType : std::uint8_t {
  kEnd = 0x00,
  kDouble = 0x01,
  kString = 0x02,
  kObject = 0x03,
  kArray = 0x04,
  kBinary = 0x05,
  kUndefined = 0x06,
  kObjectId = 0x07,
  kBool = 0x08,
  kDate = 0x09,
  kNull = 0x0A,
  kRegex = 0x0B,
  kDbPointer = 0x0C,
  kJavaScript = 0x0D,
  kSymbol = 0x0E,
  kJavaScriptScope = 0x0F,
  kInt32 = 0x10,
  kTimestamp = 0x11,
  kInt64 = 0x12,
  kDecimal128 = 0x13,
  kMaxKey = 0x7F,
  kMinKey = 0xFF,
};

/// The vendor's short name of a type ("int", "objectId"), as `$type` and error texts use it.
[[nodiscard]] std::string_view TypeName(BsonType type);

/// Seconds in the upper half, a counter in the lower: a BSON timestamp.
struct Timestamp {
  std::uint64_t value = 0;
  [[nodiscard]] std::uint32_t seconds() const { return static_cast<std::uint32_t>(value >> 32); }
  [[nodiscard]] std::uint32_t counter() const { return static_cast<std::uint32_t>(value); }
  auto operator<=>(const Timestamp&) const = default;
};

class Document;

/// One element of a valid document: a view, valid as long as the document's bytes are.
class Element {
 public:
  Element() = default;
  Element(BsonType type, std::string_view name, std::string_view value)
      : type_(type), name_(name), value_(value) {}

  [[nodiscard]] BsonType type() const { return type_; }
  [[nodiscard]] std::string_view name() const { return name_; }
  /// The bytes after the name.
  [[nodiscard]] std::string_view value() const { return value_; }
  /// False for "no such field".
  explicit operator bool() const { return type_ != BsonType::kEnd; }

  [[nodiscard]] bool Is(BsonType type) const { return type_ == type; }
  [[nodiscard]] bool IsNumber() const;
  [[nodiscard]] bool IsContainer() const { return Is(BsonType::kObject) || Is(BsonType::kArray); }

  /// Of numbers of any type, rounded towards zero and saturated; otherwise 0.
  [[nodiscard]] std::int64_t AsInt64() const;
  [[nodiscard]] long double AsLongDouble() const;
  /// Of kString, kSymbol, kJavaScript; otherwise empty.
  [[nodiscard]] std::string_view AsString() const;
  /// Of kObject and kArray; otherwise the empty document.
  [[nodiscard]] Document AsDocument() const;
  [[nodiscard]] Timestamp AsTimestamp() const;
  [[nodiscard]] std::int64_t AsDate() const;
  /// The bytes of a binary without length and subtype.
  [[nodiscard]] std::string_view AsBinary() const;
  [[nodiscard]] std::uint8_t BinarySubtype() const;
  /// As a query or option sees it: false, 0, null, undefined and absent are false.
  [[nodiscard]] bool Truthy() const;
  /// Same type and same bytes.
  [[nodiscard]] bool SameAs(const Element& other) const {
    return type_ == other.type_ && value_ == other.value_;
  }

 private:
  BsonType type_ = BsonType::kEnd;
  std::string_view name_;
  std::string_view value_;
};

/// A view of one valid BSON document. Never owns; never checks again.
class Document {
 public:
  class Iterator {
   public:
    using value_type = Element;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(const char* at) { Load(at); }
    const Element& operator*() const { return element_; }
    const Element* operator->() const { return &element_; }
    Iterator& operator++() {
      Load(element_.value().data() + element_.value().size());
      return *this;
    }
    bool operator==(std::nullptr_t) const { return !element_; }

   private:
    void Load(const char* at);
    Element element_;
  };

  Document();
  /// `bytes` must be a document that `ValidateBson` accepted, or one that was built here.
  Document(std::string_view bytes) : bytes_(bytes) {}    // NOLINT(*-explicit-*)
  Document(const std::string& bytes) : bytes_(bytes) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] std::string Copy() const { return std::string(bytes_); }
  [[nodiscard]] Iterator begin() const { return Iterator(bytes_.data() + 4); }
  [[nodiscard]] std::nullptr_t end() const { return nullptr; }
  [[nodiscard]] bool empty() const { return bytes_.size() <= 5; }
  [[nodiscard]] std::size_t Count() const;
  /// The first field of that name.
  [[nodiscard]] Element operator[](std::string_view name) const;
  [[nodiscard]] bool Has(std::string_view name) const { return static_cast<bool>((*this)[name]); }
  [[nodiscard]] Element First() const { return *begin(); }

 private:
  std::string_view bytes_;
};

inline constexpr std::size_t kMaxDocumentBytes = 16 * 1024 * 1024;
inline constexpr std::size_t kMaxInternalDocumentBytes = kMaxDocumentBytes + 16 * 1024;

/// Checks that `bytes` starts with one whole document, nested ones included; returns its size. At
/// most 180 levels deep. Errors: InvalidBSON (22), Overflow (15) when too deep.
[[nodiscard]] Result<std::size_t> ValidateBson(std::string_view bytes);

/// Little-endian numbers at an unaligned place.
template <class T>
[[nodiscard]] T LoadLittle(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace dbstow::doubles::mongodb
