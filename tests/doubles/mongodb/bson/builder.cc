#include "doubles/mongodb/bson/builder.h"

#include <utility>

namespace dbstow::doubles::mongodb {

Builder& Builder::Raw(BsonType type, std::string_view name, std::string_view value) {
  bytes_.push_back(static_cast<char>(type));
  bytes_.append(name);
  bytes_.push_back('\0');
  bytes_.append(value);
  return *this;
}

Builder& Builder::String(std::string_view name, std::string_view value) {
  const auto size = static_cast<std::int32_t>(value.size() + 1);
  Raw(BsonType::kString, name, std::string_view(reinterpret_cast<const char*>(&size), sizeof size));
  bytes_.append(value);
  bytes_.push_back('\0');
  return *this;
}

Builder& Builder::Add(std::string_view name, Binary value) {
  const auto size = static_cast<std::int32_t>(value.bytes.size());
  Raw(BsonType::kBinary, name, std::string_view(reinterpret_cast<const char*>(&size), sizeof size));
  bytes_.push_back(static_cast<char>(value.subtype));
  bytes_.append(value.bytes);
  return *this;
}

Builder& Builder::AddAll(const Document& document) {
  bytes_.append(document.bytes().substr(4, document.bytes().size() - 5));
  return *this;
}

std::string Builder::Finish() {
  bytes_.push_back('\0');
  const auto size = static_cast<std::int32_t>(bytes_.size());
  std::memcpy(bytes_.data(), &size, sizeof size);
  return std::exchange(bytes_, std::string(4, '\0'));
}

}  // namespace dbstow::doubles::mongodb
