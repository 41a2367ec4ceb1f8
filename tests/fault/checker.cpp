// SPDX-License-Identifier: Apache-2.0
#include "fault/checker.h"

#include <map>
#include <set>

#include "base/format.h"

namespace darkroom::fault {
namespace {

bool is_final(const std::string& status) {
    return status == "succeeded" || status == "failed" || status == "cancelled";
}

class Checker {
  public:
    Checker(const History& history, const std::vector<FinalTask>& final_tasks) : history_(history) {
        for (const FinalTask& task : final_tasks)
            tasks_[task.name].push_back(&task);
    }

    std::vector<std::string> check() {
        check_rows();
        check_events();
        for (const auto& [name, rows] : tasks_) {
            for (const FinalTask* task : rows)
                check_end(*task);
        }
        check_determinism();
        return std::move(found_);
    }

  private:
    template <class... Values>
    void report(fmt::format_string<Values...> text, Values&&... values) {
        found_.push_back(format(text, std::forward<Values>(values)...));
    }

    const FinalTask* only(const std::string& name) const {
        const auto found = tasks_.find(name);
        return found == tasks_.end() || found->second.size() != 1 ? nullptr : found->second[0];
    }

    /// I1, I2: exactly one row for what was acknowledged, at most one for the rest.
    void check_rows() {
        for (const Event& event : history_.events) {
            const bool is_told = event.kind == Event::Kind::acknowledged;
            if (is_told && !tasks_.contains(event.name)) {
                report("I1: {} was acknowledged and is not there", event.name);
            }
        }
        for (const auto& [name, rows] : tasks_) {
            if (rows.size() > 1) report("I2: {} is there {} times", name, rows.size());
            if (!history_.orders.contains(name)) report("I1: nobody asked for {}", name);
        }
    }

    void check_events() {
        std::map<std::string, std::string> ended;
        std::set<std::string> acknowledged;
        for (const Event& event : history_.events) {
            const FinalTask* task = only(event.name);
            if (event.kind == Event::Kind::acknowledged) acknowledged.insert(event.name);
            if (event.kind == Event::Kind::other_body_accepted &&
                acknowledged.contains(event.name)) {
                report("I2: another body was accepted under {}", event.name);
            }
            if (event.kind == Event::Kind::cancel_acknowledged && task != nullptr &&
                task->status != "cancelled") {
                report("I8: {} was cancelled and is {}", event.name, task->status);
            }
            if (event.kind == Event::Kind::progressed) check_progress(event, ended);
            if (event.kind == Event::Kind::observed) check_status(event, ended);
        }
    }

    /// I4: what is final stays as it is.
    void check_status(const Event& event, std::map<std::string, std::string>& ended) {
        const auto before = ended.find(event.name);
        if (before != ended.end() && before->second != event.status) {
            report("I4: {} was {} and then {}", event.name, before->second, event.status);
        }
        if (is_final(event.status)) ended[event.name] = event.status;
        const FinalTask* task = only(event.name);
        if (task != nullptr && is_final(event.status) && task->status != event.status) {
            report("I4: {} was {} and is {}", event.name, event.status, task->status);
        }
    }

    /// I12: all of it only after the commit.
    void check_progress(const Event& event, const std::map<std::string, std::string>& ended) {
        if (event.progress < 0 || event.progress > 1) {
            report("I12: {} had progress {}", event.name, event.progress);
        }
        if (ended.contains(event.name) && event.progress < 1) {
            report("I12: {} had ended and showed progress {}", event.name, event.progress);
        }
    }

    void check_end(const FinalTask& task) {
        const auto order = history_.orders.find(task.name);
        if (order == history_.orders.end()) return;
        if (!is_final(task.status)) report("I7: {} is still {}", task.name, task.status);
        const bool has_pictures = !task.pictures.empty();
        if (task.status == "succeeded") {
            if (!has_pictures) report("I5: {} succeeded without a picture", task.name);
            for (const std::string& digest : task.pictures) {
                if (digest.empty()) report("I5: a picture of {} is not there", task.name);
            }
        } else if (has_pictures) {
            report("I8: {} is {} and shows pictures", task.name, task.status);
        }
        if (task.status == "failed") check_failure(task, order->second);
        if (task.status == "succeeded" && order->second.purpose == Purpose::corrupt) {
            report("{} was drawn with a checkpoint that cannot be loaded", task.name);
        }
    }

    /// I11: with a reason. Only the poison is killed twice, so only that may be given up.
    void check_failure(const FinalTask& task, const Order& order) {
        if (task.message.empty()) report("I11: {} failed without a reason", task.name);
        if (order.purpose == Purpose::corrupt) return;
        const bool is_dead = task.state == "dead";
        const bool is_full = task.message.find("space") != std::string::npos ||
                             task.message.find("disk") != std::string::npos ||
                             task.message.find("full") != std::string::npos;
        if (!is_dead && !is_full) report("{} failed: {}", task.name, task.message);
        if (is_dead && order.purpose != Purpose::poison) {
            report("{} died of what another task did: {}", task.name, task.message);
        }
    }

    /// I14: equal requests have equal pictures, however often they were begun.
    void check_determinism() {
        std::map<std::string, std::pair<std::string, std::vector<std::string>>> by_body;
        for (const auto& [name, order] : history_.orders) {
            const FinalTask* task = only(name);
            if (task == nullptr || task->status != "succeeded") continue;
            const auto [first, is_new] =
                by_body.try_emplace(order.body, std::make_pair(name, task->pictures));
            if (!is_new && first->second.second != task->pictures) {
                report("I14: {} and {} differ", first->second.first, name);
            }
        }
    }

    const History& history_;
    std::map<std::string, std::vector<const FinalTask*>> tasks_;
    std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> violations(
    const History& history, const std::vector<FinalTask>& final_tasks) {
    return Checker(history, final_tasks).check();
}

}  // namespace darkroom::fault
