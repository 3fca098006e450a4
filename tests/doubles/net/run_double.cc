#include "doubles/net/run_double.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <span>
#include <system_error>

namespace dbstow::doubles {
namespace {

struct Arguments {
  std::uint16_t port = 0;
  std::uint16_t control_port = 0;
  std::string data_folder;
  std::string ready_file;
  std::map<std::string, std::string> settings;
};

Result<std::uint16_t> ParsePort(const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc() || end != text.data() + text.size()) {
    return Error(ErrorCode::kInvalidOptions, "not a port: '" + text + "'");
  }
  return port;
}

Result<void> Apply(const std::string& option, const std::string& value, Arguments& arguments) {
  if (option == "--port") {
    DBSTOW_ASSIGN(arguments.port, ParsePort(value));
  } else if (option == "--control-port") {
    DBSTOW_ASSIGN(arguments.control_port, ParsePort(value));
  } else if (option == "--data") {
    arguments.data_folder = value;
  } else if (option == "--ready-file") {
    arguments.ready_file = value;
  } else if (const auto equals = value.find('=');
             option == "--set" && equals != std::string::npos) {
    arguments.settings[value.substr(0, equals)] = value.substr(equals + 1);
  } else {
    return Error(ErrorCode::kInvalidOptions, "not an option: '" + option + " " + value + "'");
  }
  return {};
}

Result<Arguments> Parse(std::span<char*> words) {
  Arguments arguments;
  for (std::size_t i = 1; i < words.size(); i += 2) {
    if (i + 1 == words.size()) {
      return Error(ErrorCode::kInvalidOptions, std::string(words[i]) + " has no value");
    }
    DBSTOW_TRY(Apply(words[i], words[i + 1], arguments));
  }
  if (arguments.data_folder.empty()) {
    return Error(ErrorCode::kInvalidOptions, "--data is missing");
  }
  return arguments;
}

// In every thread to come too, so that only `sigwait` takes them.
sigset_t BlockEndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void RegisterCommonCommands(ControlPort& control, Double& server, AnswerDelay& delay) {
  control.On("ping", [](const nlohmann::json&) { return nlohmann::json{{"ok", true}}; });
  control.On("cut", [&server](const nlohmann::json&) {
    return nlohmann::json{{"cut", server.CutConnections()}};
  });
  control.On("delay", [&delay](const nlohmann::json& request) {
    delay.Set(std::chrono::milliseconds(request.at("ms").get<std::int64_t>()));
    return nlohmann::json{{"ok", true}};
  });
  control.On("shutdown", [](const nlohmann::json&) {
    ::kill(::getpid(), SIGTERM);
    return nlohmann::json{{"ok", true}};
  });
}

Result<void> WriteReadyFile(const std::string& path, const nlohmann::json& content) {
  if (path.empty()) return {};
  // Whole or not there: whoever waits for it may read it at once.
  const std::string unfinished = path + "." + std::to_string(::getpid());
  std::ofstream(unfinished) << content.dump() << "\n";
  std::error_code problem;
  std::filesystem::rename(unfinished, path, problem);
  if (problem) return Error(ErrorCode::kIoError, "cannot write " + path + ": " + problem.message());
  return {};
}

// Returns when it is time to end.
Result<void> ServeUntilSignal(const std::string& name, const Arguments& arguments,
                              const DoubleSetup& setup, Double& server, const sigset_t& signals) {
  DBSTOW_ASSIGN(const std::uint16_t port, server.Start(arguments.port));
  DBSTOW_TRY(setup.control.Start(arguments.control_port));
  nlohmann::json ready(server.ReadyDetails());
  ready.update({{"name", name},
                {"pid", ::getpid()},
                {"port", port},
                {"control_port", setup.control.port()},
                {"certificate", setup.certificate.pem_file()}});
  DBSTOW_TRY(WriteReadyFile(arguments.ready_file, ready));
  int signal = 0;
  sigwait(&signals, &signal);
  return {};
}

Result<void> Run(const std::string& name, const Arguments& arguments, const DoubleFactory& factory,
                 const sigset_t& signals) {
  std::error_code problem;
  std::filesystem::create_directories(arguments.data_folder, problem);
  DBSTOW_ASSIGN(const ServerCertificate certificate,
                ServerCertificate::Open(arguments.data_folder + "/certificate.pem"));
  AnswerDelay delay;
  ControlPort control;
  const DoubleSetup setup{arguments.data_folder, arguments.settings, certificate, control, delay};
  DBSTOW_ASSIGN(const std::unique_ptr<Double> server, factory(setup));
  RegisterCommonCommands(control, *server, delay);
  Result<void> outcome = ServeUntilSignal(name, arguments, setup, *server, signals);
  control.Stop();
  server->Stop();
  return outcome;
}

}  // namespace

void AnswerDelay::Wait(std::stop_token stop) const {
  const std::chrono::milliseconds delay(milliseconds_.load());
  if (delay.count() <= 0) return;
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, delay, [] { return false; });
}

int RunDouble(const std::string& name, int argc, char** argv, const DoubleFactory& factory) {
  const sigset_t signals = BlockEndSignals();
  const pid_t parent = ::getppid();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) return 1;
  const Result<Arguments> arguments = Parse({argv, static_cast<std::size_t>(argc)});
  if (!arguments) {
    std::cerr << name << ": " << arguments.error().ToString() << "\n";
    return 2;
  }
  const Result<void> run = Run(name, *arguments, factory, signals);
  if (!run) {
    std::cerr << name << ": " << run.error().ToString() << "\n";
    return 1;
  }
  return 0;
}

}  // namespace dbstow::doubles
