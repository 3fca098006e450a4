#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "doubles/sqlserver/model/lsn.h"

namespace dbstow::doubles::sqlserver {

/// Writes and reads a struct by one list of its fields: a free function template
/// `Fields(archive, object)` that calls `archive("name", object.member)` for each.
class JsonWriter {
 public:
  template <class T>
  void operator()(const char* name, const T& value) {
    json_[name] = Encode(value);
  }
  template <class T>
  static nlohmann::json Encode(const T& value) {
    if constexpr (std::is_same_v<T, Lsn>) {
      return value.ToDecimal();
    } else if constexpr (std::is_same_v<T, SqlType>) {
      return ToString(value);
    } else if constexpr (std::is_enum_v<T>) {
      return static_cast<int>(value);
    } else if constexpr (requires { nlohmann::json(value); } && !requires { value.begin(); }) {
      return value;
    } else if constexpr (std::is_same_v<T, std::string>) {
      return value;
    } else if constexpr (requires { typename T::mapped_type; }) {
      nlohmann::json list = nlohmann::json::array();
      for (const auto& [key, item] : value) list.push_back({key, Encode(item)});
      return list;
    } else if constexpr (requires { value.begin(); }) {
      nlohmann::json list = nlohmann::json::array();
      for (const auto& item : value) list.push_back(Encode(item));
      return list;
    } else {
      JsonWriter writer;
      Fields(writer, value);
      return std::move(writer.json_);
    }
  }

 private:
  nlohmann::json json_ = nlohmann::json::object();
};

/// Fields that the text does not have keep their defaults. Throws nlohmann's exceptions, which the
/// reader of a document catches.
class JsonReader {
 public:
  explicit JsonReader(const nlohmann::json& json) : json_(json) {}

  template <class T>
  void operator()(const char* name, T& value) {
    const auto found = json_.find(name);
    if (found != json_.end()) Decode(*found, value);
  }
  template <class T>
  static void Decode(const nlohmann::json& json, T& value) {
    if constexpr (std::is_same_v<T, Lsn>) {
      value = Lsn::FromDecimal(json.get<std::string>()).value_or(Lsn{});
    } else if constexpr (std::is_same_v<T, SqlType>) {
      const SqlResult<SqlType> type = ParseType(json.get<std::string>());
      if (type) value = *type;
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(json.get<int>());
    } else if constexpr (std::is_same_v<T, std::string> || std::is_arithmetic_v<T>) {
      value = json.get<T>();
    } else if constexpr (requires { typename T::mapped_type; }) {
      value.clear();
      for (const nlohmann::json& pair : json) {
        typename T::key_type key{};
        Decode(pair.at(0), key);
        Decode(pair.at(1), value[key]);
      }
    } else if constexpr (requires { value.push_back(typename T::value_type{}); }) {
      value.clear();
      for (const nlohmann::json& item : json) {
        typename T::value_type one{};
        Decode(item, one);
        value.push_back(std::move(one));
      }
    } else {
      JsonReader reader(json);
      Fields(reader, value);
    }
  }

 private:
  const nlohmann::json& json_;
};

}  // namespace dbstow::doubles::sqlserver
